import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** What the store's process delivers to a client that does nothing with the bytes. */
export interface Ceiling {
  /** Bytes a second. */
  readonly bytesPerSecond: number
  /** Ranges at once. */
  readonly connections: number
}

/** There is no figure: the reason. */
export interface NoCeiling {
  readonly reason: string
}

/**
 * curl's configuration for a whole object in ranges, each discarded. A range ends with a line of the bytes received.
 *
 * @param url - the object, readable without a signature
 */
export function curlConfig(url: string, size: number, range: number): string {
  const blocks: string[] = []
  for (let start = 0; start < size; start += range) {
    const end = Math.min(start + range, size) - 1
    blocks.push(
      [
        `url = "${url}"`,
        `range = "${start}-${end}"`,
        ...['output = "/dev/null"', 'fail', 'silent'],
        // Over https, the store on loopback has a certificate of its own making.
        'insecure',
      ].join('\n') + '\nwrite-out = "%{size_download}\\n"',
    )
  }
  return blocks.join('\nnext\n')
}

/**
 * Reads an object with curl, in parallel ranges to /dev/null: the store's own ceiling, which no contender can pass.
 */
export async function curlCeiling(
  url: string,
  { size, range, connections }: { size: number; range: number; connections: number },
): Promise<Ceiling | NoCeiling> {
  const many = ['--parallel', '--parallel-immediate', '--parallel-max', String(connections)]
  const started = performance.now()
  const child = spawn('curl', [...many, '--config', '-'], { stdio: ['pipe', 'pipe', 'pipe'] })
  // A curl that refuses to start reads nothing.
  child.stdin.on('error', () => undefined)
  const [printed, complaint, ended] = [text(child.stdout), text(child.stderr), once(child, 'close')]
  child.stdin.end(curlConfig(url, size, range))
  try {
    const [code] = (await ended) as [number | null]
    const seconds = (performance.now() - started) / 1000
    const received = (await printed).split('\n').reduce((sum, line) => sum + Number(line), 0)
    if (code !== 0 || received !== size) {
      const why = (await complaint).trim().split('\n').at(-1) ?? ''
      return {
        reason: `curl read ${received} of ${size} bytes and exited with ${String(code)} ${why}`.trim(),
      }
    }
    return { bytesPerSecond: size / seconds, connections }
  } catch (error) {
    await Promise.allSettled([printed, complaint])
    return { reason: `curl: ${(error as Error).message}` }
  }
}
