# SPDX-License-Identifier: AGPL-3.0-or-later
"""A page as Django makes it: fifty acts by its ORM from PostgreSQL, through a template that escapes.

No session, no user, no rights, no layout: what is compared costs it less than the same page would.
`gunicorn -w 2 peer:app`, with PGHOST and PGDATABASE in the environment.
"""

import os

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, models
from django.http import HttpResponse
from django.template import Context, Template
from django.urls import path

settings.configure(
    DEBUG=False,
    SECRET_KEY="a measure",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[],
    USE_TZ=True,
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": os.environ["PGHOST"],
            "USER": "postgres",
            "NAME": os.environ["PGDATABASE"],
            "CONN_MAX_AGE": 600,
        }
    },
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": {}}],
)
django.setup()


class Act(models.Model):
    subject = models.TextField()
    state = models.CharField(max_length=20)
    number = models.IntegerField()

    class Meta:
        app_label = "peer"
        db_table = "peer_act"


with connection.cursor() as cursor:
    cursor.execute(
        "CREATE TABLE IF NOT EXISTS peer_act "
        "(id bigserial PRIMARY KEY, subject text, state varchar(20), number int)"
    )
    cursor.execute("SELECT count(*) FROM peer_act")
    if cursor.fetchone()[0] == 0:
        cursor.execute(
            "INSERT INTO peer_act (subject, state, number) "
            "SELECT 'Indirizzi per la manutenzione della strada n. ' || n || ' <art. 3>', 'proposta', n "
            "FROM generate_series(1, 2000) n"
        )
connection.close()

TEMPLATE = Template(
    "<!DOCTYPE html><html lang=it><head><title>Atti</title></head><body><h1>Atti</h1><table>"
    "{% for act in acts %}<tr><td>{{ act.number }}</td><td>{{ act.subject }}</td><td>{{ act.state }}</td></tr>"
    "{% endfor %}</table></body></html>"
)


def page(_request):
    return HttpResponse(TEMPLATE.render(Context({"acts": Act.objects.order_by("-id")[:50]})))


urlpatterns = [path("", page)]
app = get_wsgi_application()
