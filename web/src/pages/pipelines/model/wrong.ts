/* What the server found, at the places that forms have. Pure. */
import type { Finding } from '../../../api';
import type { Place } from './draft';

const step = (name: string) => `/${name.replace(/~/g, '~0').replace(/\//g, '~1')}`;
export const pointerOf = (at: Place): string => `/stages${step(at.stage)}${at.task === undefined ? '' : `/tasks${step(at.task)}`}`;

/* Of a field, and of all below it: its parts have no place of their own. */
export const below = (findings: Finding[], pointer: string): Finding[] => findings.filter((f) => f.pointer === pointer || f.pointer.startsWith(`${pointer}/`));
export const wrongAt = (findings: Finding[], pointer: string): string => below(findings, pointer).map((f) => f.message).join('\n');
