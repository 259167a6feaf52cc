# The same service on asyncio: argument "loop" computes on the event loop, "threads" in a ThreadPoolExecutor.
import asyncio, json, sys, time
from concurrent.futures import ThreadPoolExecutor

how = sys.argv[1]
pool = ThreadPoolExecutor(2)


def primes(below):
    count = 0
    for n in range(2, below):
        divisor = 2
        while divisor * divisor <= n:
            if n % divisor == 0:
                break
            divisor += 1
        else:
            count += 1
    return count


async def answer(path):
    if path == "/stats":
        return json.dumps({"nowMs": time.perf_counter() * 1000, "cpuMs": time.process_time() * 1000})
    if path == "/work":
        await asyncio.sleep(0.002)
        # some 50 ms of CPython
        below = 62_000
        if how == "threads":
            return str(await asyncio.get_running_loop().run_in_executor(pool, primes, below))
        return str(primes(below))
    return "pong"


async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            body = (await answer(head.split(b" ")[1].decode())).encode()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await server.serve_forever()


asyncio.run(main())
