import { type OnReadOpts, Socket } from 'node:net'
import type { Readable } from 'node:stream'

/**
 * Reads a child's pipe into memory of ours. Node reads it into a new buffer each time; only a socket takes `onread`,
 * and only when it is made. So another socket takes over the pipe.
 *
 * The documented `handle` option takes the handle of a socket, which Node keeps in `_handle`: that name is not
 * documented (Node 20 to 26 have it, and a test holds it). Without it the pipe is read as Node does.
 *
 * @param pipe - our end, of which nothing has been read; it is closed when the new socket is
 * @returns the socket that reads, after the bytes that are already in `pipe.readableLength`; `undefined` if Node can't
 */
export function readInto(pipe: Readable, onread: OnReadOpts): Socket | undefined {
  const holder = pipe as { _handle?: object | null }
  const handle = holder._handle
  if (typeof handle !== 'object' || handle === null || pipe.destroyed || pipe.readableEnded) return undefined
  // The first owner would close the handle as well, and wait in vain for that.
  holder._handle = null
  const socket = new Socket({ handle, onread, readable: true, writable: false } as ConstructorParameters<
    typeof Socket
  >[0])
  socket.on('error', () => undefined)
  socket.once('close', () => pipe.destroy())
  return socket
}
