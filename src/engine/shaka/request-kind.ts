import type { RequestKind } from '../../media/playback-event.ts';

/**
 * shaka.net.NetworkingEngine.RequestType and AdvancedRequestType by number: part of its public API.
 *
 * @see shaka-player lib/net/networking_engine.js
 */
const TYPE = { manifest: 0, segment: 1, licence: 2, serverCertificate: 5, key: 6 } as const;
const ADVANCED = { initSegment: 0, mediaPlaylist: 2 } as const;

/** What a request of shaka's is for; `advanced` is its sub-type, `content` the type of its stream ('video', 'audio', 'text', …). */
export function requestKind(type: number, advanced: number | undefined, content: string | undefined): RequestKind {
  switch (type) {
    case TYPE.manifest:
      return advanced === ADVANCED.mediaPlaylist ? 'playlist' : 'manifest';
    case TYPE.segment:
      if (content === 'text') return 'subtitle';
      return advanced === ADVANCED.initSegment ? 'init' : 'segment';
    case TYPE.licence:
    case TYPE.serverCertificate:
      return 'licence';
    case TYPE.key:
      return 'key';
    default:
      return 'other';
  }
}
