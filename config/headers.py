"""What browsers may do for our pages; Django's own headers are in the settings."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# Nothing we do not use. Each name is one that browsers know (W3C Permissions Policy, features list).
ALLOWED = {"fullscreen": "(self)", "clipboard-write": "(self)", "screen-wake-lock": "(self)"}
REFUSED = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "geolocation", "gyroscope", "hid",
    "magnetometer", "microphone", "midi", "payment", "publickey-credentials-get", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
PERMISSIONS = ", ".join(f"{name}={who}" for name, who in {**ALLOWED, **dict.fromkeys(REFUSED, "()")}.items())


class PermissionsPolicy:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers["Permissions-Policy"] = PERMISSIONS
        return response
