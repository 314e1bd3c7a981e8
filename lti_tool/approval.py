"""An administrator's decision: may this platform, or this place of it, launch and be served?"""

from lti_tool.models import Deployment, Registration, Status


def decide_registration(registration: Registration, *, status: Status) -> Registration:
    registration.status = status
    registration.save(update_fields=["status"])
    return registration


def decide_deployment(deployment: Deployment, *, status: Status) -> Deployment:
    deployment.status = status
    deployment.save(update_fields=["status"])
    return deployment
