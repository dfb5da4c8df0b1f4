/* One event of Activity, opened: what was decided and why, what told of the push, and what can be done with it. */
import { P, Problem, call, may } from '../../api';
import { useLoaded } from '../../loading';
import { type Delivery, type Event, pageOf } from '../../model';
import { Copy, Json, Time, Trouble, Values, useAction } from '../../parts';
import { setQuery } from '../../router';
import { t } from '../../texts';
import { verdictOf } from './verdict';

/* Registries may send anything there: shown as indented JSON where it is JSON, as text otherwise. */
function pretty(body: string): string {
    try { return JSON.stringify(JSON.parse(body), null, 2); } catch { return body; }
}

/* What a sender sent, as it came. */
export function RawDelivery({ id }: { id: string }) {
    const { data, problem } = useLoaded<Delivery | null>(`delivery ${id}`, [], (s) => call<Delivery>('GET', `${P}/registry-deliveries/${id}`, undefined, s).catch((e: unknown) => {
        if (e instanceof Problem && e.status === 404) return null;
        throw e;
    }));
    if (problem) return <p class="faint">{problem.status === 403 ? t('deliveryForbidden') : problem.message}</p>;
    if (!data) return <p class="faint">{t('noDelivery')}</p>;
    return (
        <>
            <Values of={{ [t('from')]: data.remote, [t('verdict')]: [t(verdictOf(data)[0]), data.problem].filter(Boolean).join(': '), [t('type')]: data.format || '–', ...(data.repeats ? { [t('repeats')]: data.repeats } : {}) }} />
            <details><summary>{t('headers')}</summary><Json value={data.headers} /></details>
            <details><summary>{t('body')}</summary>{data.body ? <><pre tabIndex={0}>{pretty(data.body)}</pre><Copy quiet text={data.body} /></> : <p class="faint">{t('none')}</p>}</details>
        </>
    );
}

function Trace({ event }: { event: Event }) {
    return (
        <ul class="trace">{event.trace.map((row, i) => (
            <li key={i} class={row.rule === 'fired' ? 'fired' : ''}><strong><bdi>{row.webhook || event.webhook || t('webhooks')}</bdi></strong><span class="chip">{row.rule}</span><p><bdi>{row.why}</bdi></p></li>))}</ul>
    );
}

function Actions({ event }: { event: Event }) {
    const { busy, problem, run } = useAction();
    const act = (action: string) => run(() => call('POST', `${P}/registry-events/${event.id}?action=${action}`));
    const held = (event._heldUntilInMicros || event.hold) && may('develop', event.project);
    return (
        <>
            {event.hold && <p class="notice"><bdi>{t('holdFailed', { image: `${event.hold.imageName}:${event.hold.tag}` })}</bdi> <a href={pageOf(event.hold.executionLink)}>{event.hold.name} #{event.hold.executionIndex}</a>. {t('holdTryHint')}</p>}
            {event._heldUntilInMicros && <p class="notice">{t('heldUntil')} <Time at={event._heldUntilInMicros} /></p>}
            <div class="actions">
                {held && <button type="button" class="primary" disabled={busy} onClick={() => act('release')}>{t(event.hold ? 'holdTry' : 'release')}</button>}
                {held && <button type="button" disabled={busy} onClick={() => act('discard')}>{t('discard')}</button>}
                {event.executionLink && may('execute', event.project) && <button type="button" disabled={busy} onClick={() => act('rerun')}>{t('runAgain')}</button>}
                {may('develop', event.project) && <a class="button" href={`/triggers/docker/simulate?event=${event.id}`}>{t('simulateThis')}</a>}
                <button type="button" class="plain" onClick={() => setQuery('image', event.imageName)}>{t('onlyImage')}</button>
                <button type="button" class="plain" onClick={() => setQuery('tag', event.tag)}>{t('onlyTag')}</button>
            </div>
            <Trouble problem={problem} />
        </>
    );
}

export function EventDetail({ event }: { event: Event }) {
    const facts = Object.entries({ [t('registry')]: event.registry, [t('digest')]: event.digest, [t('foundBy')]: event.foundBy, [t('project')]: event.project }).filter(([, v]) => v);
    return (
        <div class="detail">
            <section>
                <h3>{t('decision')}</h3>
                <Trace event={event} />
                {event.confirmMessage && <p><bdi>{event.confirmMessage}</bdi></p>}
                {event.pushedBy && <p>{t('pushedByRun')} <a href={pageOf(event.pushedBy.executionLink)}>{event.pushedBy.name} #{event.pushedBy.executionIndex}</a></p>}
                <Values of={Object.fromEntries(facts)} />
                <Actions event={event} />
            </section>
            <section><h3>{t('delivery')}</h3>{event.delivery ? <RawDelivery id={event.delivery} /> : <p class="faint">{t('noDelivery')}</p>}</section>
        </div>
    );
}
