/* Change windows, as a pipeline and a project have them: rows to fill in, with the clock on the wall of a place. */
import { Field, Text } from './parts';
import { t } from './texts';

export interface Window { days?: string | string[]; from?: string; to?: string; timeZone?: string; pipelines?: string[] }

const daysOf = (days: Window['days']) => (Array.isArray(days) ? days.join(', ') : days ?? '');
const names = (text: string) => text.split(',').map((name) => name.trim()).filter(Boolean);
export const ZONES: string[] = (Intl as unknown as { supportedValuesOf?: (of: string) => string[] }).supportedValuesOf?.('timeZone') ?? [];
export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/* "mon-fri 22:00–06:00 Europe/Berlin" */
export const windowText = (w: Window) => [daysOf(w.days) || t('everyDay'), `${w.from || '00:00'}–${w.to || '24:00'}`, w.timeZone || 'UTC', w.pipelines?.length ? `(${w.pipelines.join(', ')})` : ''].filter(Boolean).join(' ');

/* The names that a browser knows, to choose from; the server has the last word. */
export function Zones() {
    return <datalist id="zones">{['UTC', ...ZONES].map((zone) => <option key={zone} value={zone} />)}</datalist>;
}

function Row({ of: w, set, remove, readOnly, pipelines, wrong }: { of: Window; set: (w: Window) => void; remove: () => void; readOnly: boolean; pipelines: boolean; wrong: (field: string) => string }) {
    return (
        <li class="window-row">
            <Field label={t('windowDays')} wrong={wrong('days')}><Text readOnly={readOnly} placeholder="mon-fri" value={daysOf(w.days)} set={(days) => set({ ...w, days })} /></Field>
            <Field label={t('windowFrom')} wrong={wrong('from')}><Text readOnly={readOnly} placeholder="00:00" value={w.from ?? ''} set={(from) => set({ ...w, from })} /></Field>
            <Field label={t('windowTo')} wrong={wrong('to')}><Text readOnly={readOnly} placeholder="24:00" value={w.to ?? ''} set={(to) => set({ ...w, to })} /></Field>
            <Field label={t('timeZone')} wrong={wrong('timeZone')}><Text readOnly={readOnly} list="zones" placeholder="UTC" value={w.timeZone ?? ''} set={(timeZone) => set({ ...w, timeZone })} /></Field>
            {pipelines && <Field label={t('windowPipelines')} wrong={wrong('pipelines')}><Text readOnly={readOnly} placeholder={t('all')} value={(w.pipelines ?? []).join(', ')} set={(text) => set({ ...w, pipelines: names(text) })} /></Field>}
            {!readOnly && <button type="button" class="plain bad" onClick={remove}>{t('remove')}</button>}
        </li>
    );
}

/* What is empty is left out, so that the server's defaults hold. */
const trimmed = (w: Window): Window => Object.fromEntries(Object.entries(w).filter(([, value]) => (Array.isArray(value) ? value.length : value))) as Window;

export function WindowRows({ of, set, readOnly = false, pipelines = false, wrong = () => '' }: { of: Window[]; set: (windows: Window[]) => void; readOnly?: boolean; pipelines?: boolean; wrong?: (at: number, field: string) => string }) {
    return (
        <div class="stack">
            <Zones />
            {of.length > 0 && <ul class="window-rows">{of.map((w, i) => <Row key={i} of={w} readOnly={readOnly} pipelines={pipelines} wrong={(field) => wrong(i, field)}
                set={(next) => set(of.map((one, at) => (at === i ? trimmed(next) : one)))} remove={() => set(of.filter((_, at) => at !== i))} />)}</ul>}
            {!readOnly && <p><button type="button" onClick={() => set([...of, { days: 'mon-fri', from: '06:00', to: '18:00', timeZone: ownZone() }])}>{t('addWindow')}</button></p>}
        </div>
    );
}
