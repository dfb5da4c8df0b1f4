"""A TCP proxy that delays, cuts and drips, as the network between two hosts may. delay.py PORT TO_HOST TO_PORT
Commands on standard input, a line each, answered by a line: "delay MS" (each way), "drip BYTES" (a tenth of a second; 0: not),
"cut" (all connections are reset, and new ones too), "join" (new ones go through again)."""
import asyncio
import socket
import struct
import sys

PORT, HOST, TO = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
state = {"delay": 0.0, "drip": 0, "cut": False}
writers = set()


def reset(writer):
    sock = writer.get_extra_info("socket")
    if sock is not None:
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
    writer.transport.abort()


async def pump(reader, writer):
    """Bytes wait for their time in a queue, so that a delay does not make the rate smaller."""
    loop, queue = asyncio.get_running_loop(), asyncio.Queue(64)

    async def read():
        while data := await reader.read(state["drip"] or 65536):
            await queue.put((loop.time() + state["delay"], data))
            if state["drip"]:
                await asyncio.sleep(0.1)
        await queue.put(None)

    async def write():
        while item := await queue.get():
            await asyncio.sleep(max(0, item[0] - loop.time()))
            writer.write(item[1])
            await writer.drain()
        writer.write_eof()
    try:
        await asyncio.gather(read(), write())
    except (OSError, RuntimeError):
        pass


async def serve(reader, writer):
    if state["cut"]:
        return reset(writer)
    try:
        out, to = await asyncio.open_connection(HOST, TO)
    except OSError:
        return reset(writer)
    pair = {writer, to}
    writers.update(pair)
    await asyncio.gather(pump(reader, to), pump(out, writer))
    for w in pair:
        writers.discard(w)
        w.close()


async def commands():
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        word, *rest = line.split()
        if word == "delay":
            state["delay"] = float(rest[0]) / 1000
        elif word == "drip":
            state["drip"] = int(rest[0])
        else:
            state["cut"] = word == "cut"
            for writer in list(writers) if word == "cut" else ():
                reset(writer)
        print("done", flush=True)


async def main():
    server = await asyncio.start_server(serve, "0.0.0.0", PORT)
    print("ready", flush=True)
    await asyncio.gather(server.serve_forever(), commands())


asyncio.run(main())
