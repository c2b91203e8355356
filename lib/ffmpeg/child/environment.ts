import { OptionError } from '../../errors.js'

/**
 * The environment of the child. It is an allow-list: a process that parses untrusted media must not
 * see its parent's keys, tokens and proxies.
 */

/** Inherited names, by reason. */
const ALLOWED = {
  /** For wrappers (`#!/usr/bin/env …`), and on Windows for the binary's own libraries. */
  search: ['PATH'],
  /** Builds outside the system's folders find their shared libraries by these. */
  libraries: ['LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'DYLD_FALLBACK_LIBRARY_PATH', 'DYLD_FRAMEWORK_PATH'],
  /** ffmpeg's presets (`-fpre`, `-vpre`), and plug-ins that filters load. */
  data: ['HOME', 'FFMPEG_DATADIR', 'FREI0R_PATH', 'LADSPA_PATH', 'LV2_PATH', 'TESSDATA_PREFIX'],
  /** Fonts of `drawtext` and `subtitles`. */
  fonts: ['FONTCONFIG_FILE', 'FONTCONFIG_PATH', 'FONTCONFIG_SYSROOT', 'XDG_CACHE_HOME', 'XDG_DATA_HOME'],
  /** Language and time zone: subtitles' character sets, font choice, `drawtext`'s clock. */
  locale: ['LANG', 'LANGUAGE', 'TZ'],
  /** Device and driver for hardware decoding and encoding. */
  hardware: [
    ...['CUDA_VISIBLE_DEVICES', 'CUDA_DEVICE_ORDER', 'NVIDIA_VISIBLE_DEVICES', 'NVIDIA_DRIVER_CAPABILITIES'],
    ...['LIBVA_DRIVER_NAME', 'LIBVA_DRIVERS_PATH', 'VDPAU_DRIVER', 'VK_ICD_FILENAMES', 'VK_DRIVER_FILES'],
    ...['OCL_ICD_VENDORS', 'XDG_RUNTIME_DIR'],
  ],
  /** Without these, Windows loads neither sockets nor cryptography. */
  windows: ['SystemRoot', 'SystemDrive', 'windir'],
} as const

/** `LC_ALL`, `LC_CTYPE` … */
const ALLOWED_PREFIX = 'LC_'

/**
 * The variables for ffmpeg.
 *
 * @param extra - the user's own, which override inherited ones
 * @param inherited - the variables to choose from
 * @throws {@link OptionError} for `FFREPORT`, which makes ffmpeg write a log file
 */
export function childEnvironment(
  extra: Readonly<Record<string, string>> = {},
  inherited: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  if ('FFREPORT' in extra) {
    throw new OptionError(
      'env',
      'Option "env" must not hold FFREPORT: it makes ffmpeg write a file. The "log" event has the same lines.',
      extra['FFREPORT'],
    )
  }
  const environment: Record<string, string> = {}
  const families = Object.keys(inherited).filter(name => name.startsWith(ALLOWED_PREFIX))
  for (const name of [...Object.values(ALLOWED).flat(), ...families]) {
    const value = inherited[name]
    if (value !== undefined) environment[name] = value
  }
  // The log is parsed: no color codes, whatever the terminal.
  return { ...environment, ...extra, AV_LOG_FORCE_NOCOLOR: '1' }
}
