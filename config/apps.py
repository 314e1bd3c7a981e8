from django.apps import AppConfig
from django.contrib.admin import apps as admin


class ConfigConfig(AppConfig):
    name = "config"
    default = True


class AdministrationConfig(admin.AdminConfig):
    default_site = "config.administration.AdministrationSite"
    default = False
