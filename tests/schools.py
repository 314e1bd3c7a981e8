from lti_tool import keys
from lti_tool.models import Deployment, Registration

REGISTRATION_FIELDS = ("issuer", "client_id", "auth_url", "token_url", "jwks_url", "platform_family")


def enrol(sandbox, profile="plain", **tool):
    """A new school of the sandbox LMS, registered with the tool on both sides."""
    school = sandbox.school(profile=profile, public_jwks=keys.key_set(), **tool)
    fields = {name: school.registration[name] for name in REGISTRATION_FIELDS}
    registration = Registration.objects.create(name=profile, **fields)
    Deployment.objects.create(
        registration=registration,
        deployment_id=school.registration["deployment_id"],
        status=Deployment.Status.ACTIVE,
    )
    return school
