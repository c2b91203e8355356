/**
 * The players, behind one small interface. All of them buffer little ahead, so that a seek must load, and none switches
 * renditions by itself.
 */

/** How far ahead players buffer, in seconds. */
const AHEAD = 5

function script(src) {
  return new Promise((resolve, reject) => {
    const element = document.createElement('script')
    element.src = src
    element.onload = resolve
    element.onerror = () => reject(new Error(`${src} can't be loaded`))
    document.head.append(element)
  })
}

async function hlsjs(video, src, tell) {
  await script('/player/hls.js.js')
  const hls = new Hls({
    maxBufferLength: AHEAD,
    maxMaxBufferLength: AHEAD,
    startLevel: 0,
    enableWorker: false,
  })
  hls.on(Hls.Events.ERROR, (_event, { fatal, details, error }) => {
    if (fatal) tell(`${details}: ${error?.message ?? ''}`)
  })
  hls.once(Hls.Events.MANIFEST_PARSED, () => (hls.loadLevel = 0))
  hls.loadSource(src)
  hls.attachMedia(video)
  return {
    pictures: () => hls.levels.map(({ width, height }) => ({ width, height })),
    choosePicture: n => (hls.nextLevel = n),
    sounds: () => hls.audioTracks.map(({ name, lang }) => ({ name, lang })),
    chooseSound: n => (hls.audioTrack = n),
    destroy: () => hls.destroy(),
  }
}

async function shakaPlayer(video, src, tell) {
  await script('/player/shaka-player.js')
  const player = new shaka.Player()
  await player.attach(video)
  player.configure({
    streaming: { bufferingGoal: AHEAD, rebufferingGoal: 1 },
    abr: { enabled: false, defaultBandwidthEstimate: 1000 },
  })
  // Errors thrown by its own bugs have no code.
  const text = error => {
    const name = Object.keys(shaka.util.Error.Code).find(key => shaka.util.Error.Code[key] === error?.code)
    return name === undefined ? String(error?.stack ?? error) : `${name}: ${error.data}`
  }
  player.addEventListener('error', ({ detail }) => tell(text(detail)))
  player.load(src).catch(error => tell(text(error)))
  const pictures = () => {
    const tracks = player.getVariantTracks()
    const heights = [...new Set(tracks.map(({ height }) => height))].sort((a, b) => a - b)
    return heights.map(height => tracks.find(track => track.height === height))
  }
  return {
    pictures: () => pictures().map(({ width, height }) => ({ width, height })),
    choosePicture: n => player.selectVariantTrack(pictures()[n]),
    sounds: () => player.getAudioTracks().map(({ label, language }) => ({ name: label, lang: language })),
    chooseSound: n => player.selectAudioTrack(player.getAudioTracks()[n]),
    destroy: () => player.destroy(),
  }
}

async function dashjsPlayer(video, src, tell) {
  await script('/player/dash.js.js')
  const player = dashjs.MediaPlayer().create()
  player.updateSettings({
    debug: { logLevel: dashjs.Debug.LOG_LEVEL_NONE },
    streaming: {
      buffer: {
        bufferTimeDefault: AHEAD,
        bufferTimeAtTopQuality: AHEAD,
        bufferTimeAtTopQualityLongForm: AHEAD,
      },
      abr: { autoSwitchBitrate: { video: false, audio: false }, initialBitrate: { video: 1, audio: 1 } },
    },
  })
  player.on(dashjs.MediaPlayer.events.ERROR, ({ error }) =>
    tell(`${error.code ?? ''} ${error.message ?? error}`),
  )
  player.on(dashjs.MediaPlayer.events.PLAYBACK_ERROR, ({ error }) => tell(`${error?.message ?? error}`))
  player.initialize(video, src, false)
  return {
    pictures: () => player.getRepresentationsByType('video').map(({ width, height }) => ({ width, height })),
    choosePicture: n => player.setRepresentationForTypeByIndex('video', n),
    sounds: () => player.getTracksFor('audio').map(({ id, lang }) => ({ name: id, lang })),
    chooseSound: n => player.setCurrentTrack(player.getTracksFor('audio')[n]),
    destroy: () => player.destroy(),
  }
}

async function videojsPlayer(video, src, tell) {
  await script('/player/video.js.js')
  videojs.log.level('off')
  const Vhs = videojs.Vhs
  Vhs.GOAL_BUFFER_LENGTH = AHEAD
  Vhs.MAX_GOAL_BUFFER_LENGTH = AHEAD
  Vhs.INITIAL_BANDWIDTH = 1
  const player = videojs(video, {
    html5: { vhs: { overrideNative: true, bandwidth: 1 } },
    loadingSpinner: false,
  })
  player.on('error', () => tell(player.error()?.message ?? 'error'))
  const type = src.endsWith('.mpd') ? 'application/dash+xml' : 'application/x-mpegURL'
  player.src({ src, type })
  const representations = () =>
    [...player.tech({ IWillNotUseThisInPlugins: true }).vhs.representations()].sort(
      (a, b) => a.height - b.height,
    )
  const choose = n => representations().forEach((own, index) => own.enabled(index === n))
  return {
    pictures: () => representations().map(({ width, height }) => ({ width, height })),
    choosePicture: choose,
    sounds: () =>
      Array.from(player.audioTracks(), ({ label, language }) => ({ name: label, lang: language })),
    chooseSound: n => (player.audioTracks()[n].enabled = true),
    destroy: () => player.dispose(),
  }
}

export const PLAYERS = {
  'hls.js': hlsjs,
  'shaka-player': shakaPlayer,
  'dash.js': dashjsPlayer,
  'video.js': videojsPlayer,
}
