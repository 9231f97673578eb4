# moto's ECR on a free port of loopback, until stdin ends. argv[1] is the life of
# its tokens in seconds; without, they have ended in 2015, as moto has it.
import sys
from datetime import datetime, timedelta, timezone

import moto.ecr.responses
from moto.server import ThreadedMotoServer

if len(sys.argv) > 1:
    life = timedelta(seconds=float(sys.argv[1]))
    # Nothing but the end of tokens is made with it there.
    moto.ecr.responses.datetime = lambda *_, **__: datetime.now(timezone.utc) + life

server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
host, port = server.get_host_and_port()
print(f"http://{host}:{port}", flush=True)
sys.stdin.read()
server.stop()
