"""Django's settings, all of them derived from `chatsite.environment`."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
import dj_email_url
from csp.constants import NONCE, NONE, SELF

from chatsite import environment

ENVIRONMENT = environment.read(os.environ)
BASE_DIR = environment.BASE_DIR

SECRET_KEY = ENVIRONMENT.secret_key
DEBUG = ENVIRONMENT.debug

INSTALLED_APPS = [
    "chatsite.accounts",
    "conversations",
    "chatsite.administration.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "channels",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]

MIDDLEWARE = [
    "chatsite.proxies.TrustedProxyMiddleware",
    "chatsite.probes.ProbeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "chatsite.accounts.language.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "chatsite.accounts.middleware.FirstAdministratorMiddleware",
]

ROOT_URLCONF = "chatsite.urls"
ASGI_APPLICATION = "chatsite.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "conversations.pages.context.site",
            ],
        },
    }
]

# --- Where people reach the site ------------------------------------------------------------------------------------

_public = urlsplit(ENVIRONMENT.origin)
_local_names = ["localhost", "127.0.0.1", "[::1]"]
if ENVIRONMENT.public_url:
    ALLOWED_HOSTS = [str(_public.hostname), *_local_names]
elif ENVIRONMENT.is_loopback:
    ALLOWED_HOSTS = _local_names
else:
    # Listening beyond loopback without PUBLIC_URL: whatever name people use on their network. Origins are still
    # compared with the Host header, so that a foreign page cannot open a socket.
    ALLOWED_HOSTS = ["*"]
CSRF_TRUSTED_ORIGINS = [ENVIRONMENT.public_url] if ENVIRONMENT.public_url else []

# --- Data -----------------------------------------------------------------------------------------------------------

# Of libpq: how long a server that does not answer is waited for, instead of a quarter of an hour. Seconds; the last one
# milliseconds.
_PATIENCE: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 20_000,
}


def _database() -> dict[str, Any]:
    config: dict[str, Any] = dict(dj_database_url.parse(ENVIRONMENT.database_url))
    options = dict(config.get("OPTIONS", {}))
    if config["ENGINE"].endswith("sqlite3"):
        # IMMEDIATE: a transaction that reads first and writes later would otherwise fail at once with "database is
        # locked" when another one wrote in between, whatever the timeout.
        # Tests with threads need a file too: connections to a database in memory do not wait for each other.
        config["ENGINE"] = "chatsite.sqlite"  # Django's own, with statements that are translated once
        config["TEST"] = {"NAME": str(ENVIRONMENT.data_dir / "tests.sqlite3")}
        options |= {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            # secure_delete: what is deleted (a person's keyset above all) does not linger in free pages.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;",
        }
    else:
        options = _PATIENCE | options
        # The pool gives up on a server that is away after `reconnect_timeout`, and begins anew with the next request:
        # its own waits double for five minutes, so that a server that is back would be found up to minutes later.
        pool = {"min_size": 1, "max_size": ENVIRONMENT.database_threads + 8, "timeout": 8, "reconnect_timeout": 5}
        options["pool"] = pool
    return config | {"OPTIONS": options, "CONN_MAX_AGE": 0, "ATOMIC_REQUESTS": False}


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if ENVIRONMENT.redis_url:
    CACHES: dict[str, Any] = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": ENVIRONMENT.redis_url}
    }
    CHANNEL_LAYERS: dict[str, Any] = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {
                # The layer waits for messages in commands of 5 s, which redis-py's own timeout (5 s) would break off
                # again and again. A connection that is silent for longer than this is dead.
                "hosts": [{"address": ENVIRONMENT.redis_url, "socket_timeout": 20, "socket_connect_timeout": 5}],
                # Processes enter their group every few seconds; those that died are dropped after this many.
                "group_expiry": 300,
                # Redis may write to disk whatever passes through it; titles pass through it.
                "symmetric_encryption_keys": [SECRET_KEY],
                "capacity": 1000,
            },
        }
    }
else:
    # Room enough that nobody empties other people's rate-limit buckets by filling the cache (300 entries by default).
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    }
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 1000}}}

# --- Sign-in --------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "chatsite.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Chatsite: "
ACCOUNT_EMAIL_NOTIFICATIONS = bool(ENVIRONMENT.email_url)
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if ENVIRONMENT.is_https else "http"
# amount/duration/whose: `ip` is the address that `TrustedProxyMiddleware` found, `key` the person's e-mail address.
# The last two are our own pages.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
    "first_administrator": "10/m/ip",
    "accept_invitation": "20/m/ip",
}
MFA_ADAPTER = "chatsite.accounts.mfa.MFAAdapter"
MFA_TOTP_ISSUER = "Chatsite"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# Browsers allow passkeys over http on localhost only; there the library wants to be told.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not ENVIRONMENT.is_https

# --- Mail -----------------------------------------------------------------------------------------------------------

if ENVIRONMENT.email_url:
    _mail = dj_email_url.parse(ENVIRONMENT.email_url)
    EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
    EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_HOST"], _mail["EMAIL_PORT"]
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"], _mail["EMAIL_HOST_PASSWORD"]
    EMAIL_USE_TLS, EMAIL_USE_SSL = _mail["EMAIL_USE_TLS"], _mail["EMAIL_USE_SSL"]
    EMAIL_TIMEOUT = 20
else:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENVIRONMENT.email_from

# --- Security -------------------------------------------------------------------------------------------------------

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENVIRONMENT.is_https
SECURE_SSL_REDIRECT = ENVIRONMENT.is_https
SECURE_HSTS_SECONDS = 31_536_000 if ENVIRONMENT.is_https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = ENVIRONMENT.is_https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.trusted_proxies else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- Uploads: in memory and never in temporary files, where they could be read (see `chatsite.bodies`) ---

FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = ENVIRONMENT.max_body_bytes

# --- Static files ---------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = ENVIRONMENT.data_dir / "static"
_packages = BASE_DIR / "node_modules"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("vendor/markdown-it", _packages / "markdown-it" / "dist" / "browser"),
    ("vendor/dompurify", _packages / "dompurify" / "dist"),
    ("vendor/highlight", _packages / "@highlightjs" / "cdn-assets" / "es"),
    ("vendor/katex", _packages / "katex" / "dist"),
    ("vendor/uplot", _packages / "uplot" / "dist"),
    ("vendor/mermaid", _packages / "mermaid" / "dist"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "chatsite.assets.HashedStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = False

# --- Language and time ----------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("zh-hans", "简体中文"), ("ar", "العربية")]
LOCALE_PATHS = [BASE_DIR / "chatsite" / "locale"]
USE_I18N = True
LANGUAGE_COOKIE_AGE = 31_536_000
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = ENVIRONMENT.is_https
USE_TZ = True
TIME_ZONE = "UTC"

# --- Logs: no message text, no title, no key. Errors of requests go without the request's data. -----------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.channels.server": {"handlers": [], "level": "WARNING", "propagate": True},
        "httpx": {"level": "WARNING"},
        "fido2": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
    },
}
