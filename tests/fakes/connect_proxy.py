"""A corporate HTTP proxy: CONNECT alone (RFC 9110 section 9.3.6), with Basic authentication, out of an address of its own.
connect_proxy.py ADDRESS PORT USER PASSWORD SOURCE"""
import asyncio
import base64
import sys

ADDRESS, PORT, USER, PASSWORD, SOURCE = sys.argv[1:]
WANTED = "Basic " + base64.b64encode((USER + ":" + PASSWORD).encode()).decode()


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    writer.close()


async def serve(reader, writer):
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    method, target, _ = head.split("\r\n")[0].split(" ")
    if WANTED not in head:
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"corp\"\r\nContent-Length: 0\r\n\r\n")
        return writer.close()
    if method != "CONNECT":
        writer.write(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
        return writer.close()
    host, port = target.rsplit(":", 1)
    out, to = await asyncio.open_connection(host, int(port), local_addr=(SOURCE, 0))
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await asyncio.gather(pump(reader, to), pump(out, writer))


async def main():
    server = await asyncio.start_server(serve, ADDRESS, int(PORT))
    print("ready", flush=True)
    await server.serve_forever()


asyncio.run(main())
