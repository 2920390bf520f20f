// Preflight against a real HTTPS host that misbehaves in every way, through the guarded agent.

import { Mp4OutputFormat } from 'mediabunny';
import type { Agent } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClipSpec } from '../../../src/core/clip/clip-spec.ts';
import type { ClipgateError } from '../../../src/core/errors.ts';
import { createGuardedAgent } from '../../../src/outbound/client-urls/guarded-agent.ts';
import { createMediaProbe, type MediaProbe } from '../../../src/outbound/client-urls/media-probe.ts';
import { createAddressTest } from '../../../src/outbound/client-urls/public-address.ts';
import { createPreflight, type PreflightOptions } from '../../../src/service/planning/preflight.ts';
import {
  type Answer,
  file,
  JPEG,
  type MediaServer,
  MP3,
  MP4,
  PNG,
  ranged,
  startMediaServer,
  status,
} from '../../support/media-server.ts';
import { createVideo } from '../../support/videos.ts';

const OPTIONS: PreflightOptions = {
  mode: 'on_request',
  concurrency: 3,
  limits: { total: 6, perClient: 4 },
  probeMs: 5_000,
  deadlineMs: 10_000,
  maxInlineBytes: 1_000,
};

/** Held open until the test lets go. */
const held: (() => void)[] = [];
const release = () => {
  for (const letGo of held.splice(0)) letGo();
};
const onlyGet =
  (answer: Answer, head: Answer): Answer =>
  (request, response) =>
    (request.method === 'HEAD' ? head : answer)(request, response);
const neverEnding: Answer = (request, response) => {
  response.writeHead(200, { 'content-type': 'video/mp4' });
  if (request.method === 'HEAD') return void response.end();
  response.write(MP4);
  const more = () => void response.write(Buffer.alloc(64_000));
  response.on('drain', more);
  more();
};

let server: MediaServer;
let agent: Agent;
let probe: MediaProbe['probe'];
beforeAll(async () => {
  server = await startMediaServer({
    '/a.png': file('image/png', PNG),
    '/a.jpg': file('image/jpeg', JPEG),
    '/a.mp4': file('video/mp4', MP4),
    '/a.mp3': file('audio/mpeg', MP3),
    '/page': file('text/html', Buffer.from('<html>')),
    '/bytes': file('application/octet-stream', PNG),
    '/untyped': file(null, PNG),
    '/empty': file('image/png', Buffer.alloc(0)),
    '/not-satisfiable': onlyGet(status(416), file('image/png', Buffer.alloc(0))),
    '/lying.png': file('image/png', JPEG),
    '/html.png': file('image/png', Buffer.from('<html>')),
    '/no-head.png': onlyGet(file('image/png', PNG), status(405)),
    // As URLs that are signed for one method do.
    '/signed.png': onlyGet(file('image/png', PNG), status(403)),
    '/reset-head.png': onlyGet(file('image/png', PNG), (request) => void request.socket.destroy()),
    '/reset': (request) => void request.socket.destroy(),
    '/gone': status(410),
    '/error': status(500),
    '/moved': status(302, { location: '/a.png' }),
    '/moved-to-http': status(301, { location: 'http://127.0.0.1/a.png' }),
    '/moved-inside': status(307, { location: 'https://10.0.0.1/a.png' }),
    '/loop': status(302, { location: '/loop' }),
    '/never-ending.mp4': neverEnding,
    '/silent.png': (_request, response) => void held.push(() => response.destroy()),
  });
  agent = createGuardedAgent(
    { isAllowed: createAddressTest(['127.0.0.1/32']) },
    { connectMs: 2_000, answerMs: 5_000, maxBodyBytes: 1_000_000, trust: [server.cert] },
  );
  probe = createMediaProbe(agent).probe;
});
afterAll(async () => {
  release();
  await agent.destroy();
  await server.close();
});

const image = (url: string) => ({ type: 'image_url', image_url: { url } }) as const;
const video = (url: string) => ({ type: 'video_url', video_url: { url } }) as const;
const audio = (url: string) => ({ type: 'audio_url', audio_url: { url } }) as const;
const at = (path: string) => `${server.url}${path}`;

type References = NonNullable<ClipSpec['input_references']>;
async function faultsOf(references: References, options: Partial<PreflightOptions> = {}) {
  const preflight = createPreflight({ probe }, { ...OPTIONS, ...options });
  try {
    await preflight.check({ prompt: 'x', input_references: references }, true);
    return [];
  } catch (error) {
    expect(error).toMatchObject({ code: 'media_unreachable' });
    return (error as ClipgateError).errors;
  }
}
const faultOf = async (reference: References[number], options: Partial<PreflightOptions> = {}) =>
  (await faultsOf([reference], options))[0]?.message ?? null;

describe('preflight', () => {
  it.each(['/a.png', '/a.jpg', '/moved', '/no-head.png', '/signed.png', '/reset-head.png'])(
    'passes the image %s',
    async (path) => {
      expect(await faultOf(image(at(path)))).toBeNull();
    },
  );

  it('passes sounds and videos, and reads no more of them than it needs', async () => {
    expect(
      await faultsOf([video(at('/a.mp4')), audio(at('/a.mp3')), video(at('/never-ending.mp4'))]),
    ).toEqual([]);
  });

  it.each<[string, string]>([
    ['/nowhere', 'answers 404'],
    ['/gone', 'answers 410'],
    ['/error', 'answers 500'],
    ['/page', 'is text/html, not an image'],
    ['/bytes', 'is application/octet-stream, not an image'],
    ['/untyped', 'has no content type'],
    ['/empty', 'is empty'],
    ['/not-satisfiable', 'is empty'],
    ['/lying.png', 'says it is image/png, but is JPEG inside'],
    ['/html.png', 'does not begin like an image of any format known here'],
    ['/a.mp4', 'is video/mp4, not an image'],
    ['/moved-to-http', 'redirects to a URL that is not https'],
    ['/moved-inside', 'cannot be reached: its host has no public address'],
    ['/loop', 'redirects too often'],
    ['/reset', 'cannot be read: the connection broke or the answer is not HTTP'],
  ])('refuses the image %s: it %s', async (path, fault) => {
    expect(await faultOf(image(at(path)))).toBe(fault);
  });

  it('fetches nothing where HEAD has told enough', async () => {
    server.requests.length = 0;
    await faultOf(image(at('/page')));
    expect(server.requests).toEqual(['HEAD /page']);
  });

  it('says one and the same of names that do not exist, lead inside or are addresses inside, whatever the port', async () => {
    const urls = [
      'https://no-such-host.invalid/a.png',
      'https://10.0.0.1/a.png',
      `https://127.0.0.2:${server.port}/a.png`,
      'https://127.0.0.2:1/a.png',
      'https://[::1]:1/a.png',
      'https://2852039166/latest/meta-data/',
    ];
    const faults = await faultsOf(urls.map(image));
    expect(faults).toHaveLength(urls.length);
    expect(new Set(faults.map(({ message }) => message))).toEqual(
      new Set(['cannot be reached: its host has no public address']),
    );
  });

  it('does not trust a certificate nobody vouches for', async () => {
    const stranger = await startMediaServer({ '/a.png': file('image/png', PNG) });
    expect(await faultOf(image(`${stranger.url}/a.png`))).toBe(
      'cannot be reached: its certificate is not valid',
    );
    await stranger.close();
  });

  it('says that nothing answers where nothing does', async () => {
    const closed = await startMediaServer({});
    await closed.close();
    expect(await faultOf(image(`${closed.url}/a.png`))).toBe('cannot be reached: nothing answers there');
  });

  it('waits for one URL as long as it may, and for all of them as long as it may', async () => {
    expect(await faultOf(image(at('/silent.png')), { probeMs: 50 })).toBe('did not answer in time');
    const slow = Array.from({ length: 9 }, (_, index) => image(at(`/silent.png?${index}`)));
    const faults = await faultsOf(slow, { deadlineMs: 50 });
    expect(faults.map(({ message }) => message)).toEqual(slow.map(() => 'did not answer in time'));
    release();
  });

  it('names every URL at fault by its pointer, and only those', async () => {
    const faults = await faultsOf([
      image(at('/a.png')),
      image(at('/gone')),
      video(at('/a.png')),
      audio(at('/a.mp3')),
    ]);
    expect(faults).toEqual([
      { in: 'body', pointer: '/input_references/1/image_url/url', message: 'answers 410' },
      { in: 'body', pointer: '/input_references/2/video_url/url', message: 'is image/png, not a video' },
    ]);
  });

  it('looks at a bounded number at once, and once at a URL that is named twice', async () => {
    server.requests.length = 0;
    const urls = Array.from({ length: 12 }, (_, index) => at(index % 2 ? `/a.png` : `/gone?${index}`));
    await faultsOf(urls.map(image));
    expect(server.mostAtOnce()).toBeLessThanOrEqual(OPTIONS.concurrency);
    expect(server.requests.filter((line) => line.endsWith('/a.png'))).toEqual(['HEAD /a.png', 'GET /a.png']);
  });

  it('looks at nothing unless asked, or always', async () => {
    const spec: ClipSpec = { input_references: [image(at('/gone'))] };
    server.requests.length = 0;
    await createPreflight({ probe }, OPTIONS).check(spec, false);
    expect(server.requests).toEqual([]);
    const always = createPreflight({ probe }, { ...OPTIONS, mode: 'always' });
    await expect(always.check(spec, false)).rejects.toMatchObject({ code: 'media_unreachable' });
  });
});

describe('the length of video references', () => {
  const secondsOf = async (...paths: string[]) => {
    const references = paths.map((path) => video(`${videos.url}${path}`));
    const preflight = createPreflight({ probe: videoProbe }, OPTIONS);
    return (await preflight.check({ input_references: references }, true)).videoReferenceSeconds;
  };
  let videos: MediaServer;
  let videoAgent: Agent;
  let videoProbe: MediaProbe['probe'];
  beforeAll(async () => {
    // Longer than a part: the header of the second lies where only a range reaches it.
    const [first, last] = await Promise.all(
      [true, false].map((isFirst) =>
        createVideo(new Mp4OutputFormat({ fastStart: isFirst ? 'in-memory' : false }), 3),
      ),
    );
    if (!first || !last) throw new Error('two videos were made');
    videos = await startMediaServer({
      '/first.mp4': ranged('video/mp4', first),
      '/last.mp4': ranged('video/mp4', last),
      // Sends the beginning, whatever part is asked for.
      '/whole.mp4': file('video/mp4', last),
      '/none.mp4': ranged('video/mp4', MP4),
      '/breaks.mp4': (request, response) => {
        if (request.method === 'GET' && !request.headers.range?.startsWith('bytes=0-'))
          return void request.socket.destroy();
        ranged('video/mp4', last)(request, response);
      },
    });
    videoAgent = createGuardedAgent(
      { isAllowed: createAddressTest(['127.0.0.1/32']) },
      { connectMs: 2_000, answerMs: 5_000, maxBodyBytes: 1_000_000, trust: [videos.cert] },
    );
    videoProbe = createMediaProbe(videoAgent).probe;
  });
  afterAll(async () => {
    await videoAgent.destroy();
    await videos.close();
  });

  it('is the sum of all, wherever their headers stand', async () => {
    expect(await secondsOf('/first.mp4')).toBe(3);
    expect(await secondsOf('/last.mp4')).toBe(3);
    expect(await secondsOf('/first.mp4', '/last.mp4', '/last.mp4')).toBe(9);
  });

  it('is found with a few kilobytes', async () => {
    videos.requests.length = 0;
    await secondsOf('/last.mp4');
    expect(videos.requests).toEqual(['HEAD /last.mp4', 'GET /last.mp4', 'GET /last.mp4']);
  });

  it.each(['/whole.mp4', '/none.mp4', '/breaks.mp4'])(
    'is unknown of all where one, %s, does not say it, and that is no fault',
    async (path) => {
      expect(await secondsOf(path)).toBeNull();
      expect(await secondsOf('/first.mp4', path)).toBeNull();
    },
  );

  it('is none without videos, and not looked for unless asked', async () => {
    const preflight = createPreflight({ probe }, OPTIONS);
    const nothing = { videoReferenceSeconds: null };
    expect(await preflight.check({ input_references: [image(at('/a.png'))] }, true)).toEqual(nothing);
    expect(await preflight.check({ input_references: [video(at('/a.mp4'))] }, false)).toEqual(nothing);
  });
});

describe('preflight of data: URLs', () => {
  const data = (type: string, bytes: Buffer) => `data:${type};base64,${bytes.toString('base64')}`;

  it('passes those that hold what they say, under any legal parameter', async () => {
    const png = PNG.toString('base64');
    expect(
      await faultsOf([
        image(data('image/png', PNG)),
        audio(data('audio/mpeg', MP3)),
        image(`data:image/png;a=b;BASE64,${png}`),
      ]),
    ).toEqual([]);
  });

  it.each<[string, string]>([
    ['data:image/png;base64', 'is not data:<type>;base64,<data>'],
    ['data:image/svg+xml,<svg/>', 'is not data:<type>;base64,<data>'],
    ['data:image/png;base64,iVBORw0KGgo', 'is not valid base64'],
    ['data:image/png;base64,iVBOR!0KGgo=', 'is not valid base64'],
    ['data:image/png;base64,iVBORw0K\nGgo=', 'is not valid base64'],
    ['data:image/png;base64,iVBORw0KGgo%3D', 'is not valid base64'],
    ['data:image/png;base64,_-BORw0KGgo=', 'is not valid base64'],
    ['data:image/png;base64,', 'is empty'],
    ['data:image/png;base64,PGh0bWw+', 'does not begin like an image of any format known here'],
    [data('image/png', JPEG), 'says it is image/png, but is JPEG inside'],
    [data('image/png', Buffer.concat([PNG, Buffer.alloc(1_000)])), 'holds 1016 bytes, more than 1000'],
  ])('refuses %.40s: it %s', async (url, fault) => {
    expect(await faultOf(image(url))).toBe(fault);
  });

  it('reads a large one quickly', async () => {
    const large = data('image/png', Buffer.concat([PNG, Buffer.alloc(20_000_000)]));
    expect(await faultOf(image(large), { maxInlineBytes: 30_000_000 })).toBeNull();
  });
});
