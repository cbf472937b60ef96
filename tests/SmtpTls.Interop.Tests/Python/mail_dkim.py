"""Signs the message on standard input (RFC 6376), or verifies it. Needs python3-dkim.

mail_dkim.py sign KEYFILE     -> the signed message
mail_dkim.py verify PUBLICKEY -> exit code 0 where the signature holds; the key in base64, as a TXT record has it
"""
import sys

import dkim


def main():
    message = sys.stdin.buffer.read()
    if sys.argv[1] == "sign":
        with open(sys.argv[2], "rb") as key:
            header = dkim.sign(message, b"s1", b"test", key.read(), canonicalize=(b"simple", b"simple"))
        sys.stdout.buffer.write(header + message)
        return 0

    record = b"v=DKIM1; k=rsa; p=" + sys.argv[2].encode("ascii")
    return 0 if dkim.verify(message, dnsfunc=lambda name, timeout=5: record) else 1


sys.exit(main())
