"""Sends one message with smtplib, verifying the server's name, and prints a line of JSON.

usage: send.py ADDRESS PORT NAME CAFILE utf8|8bit
Exit code 3: the certificate did not verify.
"""
import json
import smtplib
import socket
import ssl
import sys
from email.message import EmailMessage

address, port, name, ca_file, kind = sys.argv[1:]


class DialledSmtp(smtplib.SMTP):
    """Dials an address; the name is what smtplib sends as server name and has verified."""

    def _get_socket(self, host, port, timeout):
        return socket.create_connection((address, port), timeout)


try:
    with DialledSmtp(name, int(port), local_hostname="python.test", timeout=30) as smtp:
        smtp.ehlo()
        smtp.starttls(context=ssl.create_default_context(cafile=ca_file))
        if kind == "utf8":
            message = EmailMessage()
            message["From"] = "Jürgen <jürgen@mail.test>"
            message["To"] = "Zoë <zoë@mail.test>"
            message["Subject"] = "Grüße aus Köln"
            message.set_content("Schöne Grüße\n.\n..\n", cte="8bit")
            refused = smtp.send_message(message)
        else:
            body = sys.stdin.buffer.read()
            refused = smtp.sendmail("a@test", ["b@test", "c@test"], body, mail_options=["BODY=8BITMIME"])
        print(json.dumps({"protocol": smtp.sock.version(), "cipher": smtp.sock.cipher()[0], "refused": refused}))
except ssl.SSLCertVerificationError as error:
    print(error.verify_message, file=sys.stderr)
    sys.exit(3)
