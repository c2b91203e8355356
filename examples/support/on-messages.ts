import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { DiagnosticsMessages } from 'avio-streams'

/** Listeners by the names of their channels. */
type Listeners = { [Name in keyof DiagnosticsMessages]?: (message: DiagnosticsMessages[Name]) => void }

/** Subscribes to channels of the library; returns what ends that. */
export function onMessages(listeners: Listeners): () => void {
  const all = Object.entries(listeners) as [string, (message: unknown) => void][]
  for (const [name, listener] of all) subscribe(name, listener)
  return () => {
    for (const [name, listener] of all) unsubscribe(name, listener)
  }
}
