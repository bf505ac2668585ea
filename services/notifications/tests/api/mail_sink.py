"""A mail server for tests: it keeps each mail as a file and ends when its input does.

usage: mail_sink.py FOLDER PORT [CERTIFICATE KEY]

With a certificate it wants STARTTLS and then the login grove / a throwaway password. A recipient whose name
begins with "refused" is refused for good, one with "later" for now. After a mail is kept, the answer to its
sender takes two milliseconds, in which the server may die.
"""

import asyncio, email, email.policy, json, os, ssl, sys, threading, uuid

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

folder, port = sys.argv[1], int(sys.argv[2])


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("later"):
            return "451 4.7.1 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = {}
        for part in message.walk():
            if not part.is_multipart():
                parts[part.get_content_type()] = part.get_content()
        kept = {
            "sender": envelope.mail_from,
            "recipients": envelope.rcpt_tos,
            "headers": [[name, str(value)] for name, value in message.items()],
            "parts": parts,
            "encrypted": session.ssl is not None,
            "connection": f"{session.peer}",
        }
        name = uuid.uuid4().hex
        with open(f"{folder}/{name}.partial", "w") as file:
            json.dump(kept, file)
            file.flush()
            os.fsync(file.fileno())
        os.rename(f"{folder}/{name}.partial", f"{folder}/{name}.json")
        await asyncio.sleep(0.002)
        return "250 OK"


def login(server, session, envelope, mechanism, given):
    expected = LoginPassword(b"grove", b"a throwaway password")
    # Not handled: the server says 235 or 535 itself.
    return AuthResult(success=given == expected, handled=False)


def options():
    if len(sys.argv) < 5:
        return {}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    return {"tls_context": context, "require_starttls": True, "authenticator": login, "auth_required": True}


def end_with_input():
    sys.stdin.read()
    os._exit(0)


async def serve():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), **options()), "127.0.0.1", port)
    threading.Thread(target=end_with_input, daemon=True).start()
    await server.serve_forever()


asyncio.run(serve())
