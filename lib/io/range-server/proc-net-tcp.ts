import { readFile } from 'node:fs/promises'

/** The two ports of a connection on the loopback interface, as the server sees them. */
export interface Ports {
  readonly local: number
  readonly remote: number
}

/**
 * How many bytes of a loopback connection are in the kernel, sent by one end and not yet read by the other: the
 * sender's queue (`tx_queue`) plus the receiver's (`rx_queue`), in Linux's `/proc/net/tcp`
 * (https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html). It is an upper bound: bytes that have
 * arrived but are not yet acknowledged, for some milliseconds, are in both.
 *
 * @param table - the file's text
 * @returns `undefined` if either end is not in the table
 */
export function unreadBytes(table: string, { local, remote }: Ports): number | undefined {
  const sending = queues(table, local, remote)
  const receiving = queues(table, remote, local)
  if (sending === undefined || receiving === undefined) return undefined
  return sending.tx + receiving.rx
}

/** The queues of the loopback socket with these ports. */
function queues(table: string, local: number, remote: number): { tx: number; rx: number } | undefined {
  // The address is in the machine's byte order, the port is not.
  const loopback = '(?:0100007F|7F000001)'
  const ends = `${loopback}:${port(local)} ${loopback}:${port(remote)}`
  const match = new RegExp(`^ *\\d+: ${ends} [\\dA-F]{2} ([\\dA-F]{8}):([\\dA-F]{8}) `, 'm').exec(table)
  return match === null ? undefined : { tx: parseInt(match[1]!, 16), rx: parseInt(match[2]!, 16) }
}

function port(number: number): string {
  return number.toString(16).toUpperCase().padStart(4, '0')
}

/**
 * Reads the kernel's socket table. A read costs some milliseconds of CPU time, whatever the number of sockets
 * (the kernel walks its whole hash table), so callers during a read share the next one.
 */
export class ProcNetTcp {
  readonly #path: string
  #reading: Promise<string | undefined> | undefined
  #next: Promise<string | undefined> | undefined

  /** @param path - replaces the kernel's file in tests */
  constructor(path = '/proc/net/tcp') {
    this.#path = path
  }

  /**
   * The result of {@link unreadBytes} for a table read from now on; also `undefined` if there is no such table.
   */
  async unread(ports: Ports): Promise<number | undefined> {
    const table = await this.#read()
    return table === undefined ? undefined : unreadBytes(table, ports)
  }

  #read(): Promise<string | undefined> {
    if (this.#reading === undefined) return this.#begin()
    // The read in progress may have passed our line before our bytes were sent.
    return (this.#next ??= this.#reading.then(() => this.#begin()))
  }

  #begin(): Promise<string | undefined> {
    this.#next = undefined
    return (this.#reading = readFile(this.#path, 'latin1').then(
      table => ((this.#reading = undefined), table),
      () => (this.#reading = undefined),
    ))
  }
}
