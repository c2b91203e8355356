/**
 * The few modules of mux.js 7 used here. It comes without types, as CommonJS, and its package entry would load
 * a whole transmuxer: these files contain the parsers.
 */

declare module 'mux.js/lib/tools/mp4-inspector.js' {
  /** A box as returned by the inspector: `type`, `size`, and the fields of that type. */
  export type InspectedBox = Readonly<Record<string, unknown>>

  const inspector: {
    /** Parses consecutive boxes. Trusts every size and count; may throw anything. */
    inspect(data: Uint8Array): InspectedBox[]
    /** Parses the content of a `trun`. */
    parseTrun(content: Uint8Array): {
      dataOffset?: number
      samples: {
        duration?: number
        size?: number
        flags?: { isNonSyncSample: number }
        compositionTimeOffset?: number
      }[]
    }
    /** Parses the content of a `tfhd`. */
    parseTfhd(content: Uint8Array): {
      trackId: number
      baseDataOffset?: number
      sampleDescriptionIndex?: number
      defaultSampleDuration?: number
      defaultSampleSize?: number
      defaultSampleFlags?: number
    }
    /** Parses the content of a `tfdt`. */
    parseTfdt(content: Uint8Array): { baseMediaDecodeTime: number | bigint }
  }
  export default inspector
}

declare module 'mux.js/lib/mp4/emsg.js' {
  const emsg: {
    /** Parses the content of an `emsg`, which must begin at the start of its own `ArrayBuffer`. */
    parseEmsgBox(content: Uint8Array):
      | {
          scheme_id_uri: string
          value: string
          timescale: number
          presentation_time?: number | bigint
          presentation_time_delta?: number
          event_duration: number
          id: number
          message_data: Uint8Array
        }
      | undefined
  }
  export default emsg
}
