"""Says EHLO and STARTTLS and prints what the server answered to each, as JSON.

usage: starttls.py ADDRESS PORT
"""
import json
import smtplib
import sys

with smtplib.SMTP(sys.argv[1], int(sys.argv[2]), local_hostname="python.test", timeout=30) as smtp:
    smtp.ehlo()
    offered = smtp.has_extn("starttls")
    code, text = smtp.docmd("STARTTLS")
    print(json.dumps({"offered": offered, "code": code, "text": text.decode("ascii")}))
    if code == 220:
        # What comes next would have to be a handshake.
        smtp.close()
