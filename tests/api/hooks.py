# SPDX-License-Identifier: AGPL-3.0-or-later
"""How schemathesis sends the bodies that are no JSON: as bytes."""

import schemathesis


@schemathesis.serializer("application/pdf", "application/pkcs7-mime", "application/pkcs7-signature")
def raw(_context, value):
    return value if isinstance(value, bytes) else str(value).encode()
