import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** A free port below the system's range for outgoing connections, so that none takes it meanwhile. */
export async function freePort(except?: number): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000)
    if (port === except) continue
    const server = createServer().listen(port, '127.0.0.1')
    try {
      await once(server, 'listening')
      return port
    } catch {
      continue
    } finally {
      server.close()
    }
  }
}
