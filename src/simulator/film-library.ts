// The clips of finished jobs, rendered on first request and cached within a memory limit.
import { LRUCache } from 'lru-cache';
import type { Job } from './job.ts';
import { makeFilm } from './media/film.ts';
import { hash32 } from './random.ts';

export type FilmLibrary = { filmOf(job: Job): Buffer };

const mostBytesKept = 64 * 1024 * 1024;

export function createFilmLibrary(): FilmLibrary {
  const kept = new LRUCache<string, Buffer>({
    maxSize: mostBytesKept,
    sizeCalculation: (film) => film.length,
  });
  return {
    filmOf(job) {
      const { clip, request } = job;
      const film = {
        ...clip.size,
        durationSeconds: clip.durationSeconds,
        // A seed asks for the same film again; without one, the model and the prompt tell films apart.
        palette: hash32(`${job.model.id}/${request.seed ?? request.prompt ?? job.id}`),
        openingPalette: openingOf(job),
      };
      const name = JSON.stringify(film);
      const made = kept.get(name) ?? makeFilm(film);
      kept.set(name, made);
      return made;
    },
  };
}

/** A first frame decides the colours that the film opens with. */
function openingOf(job: Job): number | undefined {
  const first = job.request.frame_images?.find((frame) => frame.frame_type === 'first_frame');
  return first === undefined ? undefined : hash32(first.image_url.url);
}
