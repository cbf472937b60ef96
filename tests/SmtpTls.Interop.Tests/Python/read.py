"""Reads a message (RFC 5322) from standard input and prints what Python's parser understands of it, as JSON."""
import email
import email.header
import email.policy
import email.utils
import json
import sys

raw = sys.stdin.buffer.read()
message = email.message_from_bytes(raw, policy=email.policy.default)
as_written = email.message_from_bytes(raw, policy=email.policy.compat32)


def mailboxes(field):
    # The newer policy keeps the blank between two encoded words of a display name (python/cpython issue 128110), against
    # RFC 2047 section 6.2; the older functions follow it.
    return [
        [str(email.header.make_header(email.header.decode_header(name))), address]
        for name, address in email.utils.getaddresses(as_written.get_all(field, []))
    ]


print(json.dumps({
    "subject": message["Subject"],
    "from": mailboxes("From"),
    "to": mailboxes("To"),
    "cc": mailboxes("Cc"),
    "fields": message.keys(),
    "type": message.get_content_type(),
    "body": message.get_content(),
    "date": message["Date"].datetime.isoformat(),
    "messageId": message["Message-ID"],
    "defects": [str(d) for d in message.defects] + [str(d) for f in message.values() for d in f.defects],
    "longestLine": max(len(line) for line in raw.split(b"\r\n")),
    "bareLineEnds": raw.replace(b"\r\n", b"").count(b"\r") + raw.replace(b"\r\n", b"").count(b"\n"),
    "onlyAscii": all(octet < 128 for octet in raw),
}))
