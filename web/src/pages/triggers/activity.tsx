/* Every push that was told of, what was decided, and why. */
import './triggers.css';
import { useState } from 'preact/hooks';
import { P, Problem, call, filterOf, may } from '../../api';
import { useList } from '../../listing';
import { useLoaded } from '../../loading';
import { type Delivery, type Event, pageOf } from '../../model';
import { Choice, Empty, Head, Json, Loading, Status, Text, Time, Trouble, Values, useAction } from '../../parts';
import { query, setQuery } from '../../router';
import { statusText, t } from '../../texts';

const STATUSES = ['COMPLETED', 'FAILED', 'RUNNING', 'WAITING', 'IGNORED', 'CANCELED', 'HELD'];

/* Registries may send anything there: shown as indented JSON where it is JSON, as text otherwise. */
function pretty(body: string): string {
    try { return JSON.stringify(JSON.parse(body), null, 2); } catch { return body; }
}

function RawDelivery({ id }: { id: string }) {
    const { data, problem } = useLoaded<Delivery | null>(`delivery ${id}`, [], (s) => call<Delivery>('GET', `${P}/registry-deliveries/${id}`, undefined, s).catch((e: unknown) => {
        if (e instanceof Problem && e.status === 404) return null;
        throw e;
    }));
    if (problem) return <p class="faint">{problem.status === 403 ? t('deliveryForbidden') : problem.message}</p>;
    if (!data) return <p class="faint">{t('noDelivery')}</p>;
    return (
        <>
            <Values of={{ [t('from')]: data.remote, [t('verdict')]: [data.verdict, data.problem].filter(Boolean).join(': '), [t('type')]: data.format || '–' }} />
            <details><summary>{t('headers')}</summary><Json value={data.headers} /></details>
            <details><summary>{t('body')}</summary>{data.body ? <pre tabIndex={0}>{pretty(data.body)}</pre> : <p class="faint">{t('none')}</p>}</details>
        </>
    );
}

function Detail({ event }: { event: Event }) {
    const { busy, problem, run } = useAction();
    const act = (action: string) => run(() => call('POST', `${P}/registry-events/${event.id}?action=${action}`));
    const facts = Object.entries({ [t('registry')]: event.registry, [t('digest')]: event.digest, [t('foundBy')]: event.foundBy, [t('project')]: event.project }).filter(([, v]) => v);
    return (
        <div class="detail">
            <section>
                <h3>{t('decision')}</h3>
                <ul class="trace">
                    {event.trace.map((row, i) => <li key={i} class={row.rule === 'fired' ? 'fired' : ''}><strong>{row.webhook || event.webhook || t('webhooks')}</strong>
                        <span class="chip">{row.rule}</span><p>{row.why}</p></li>)}
                </ul>
                {event.confirmMessage && <p>{event.confirmMessage}</p>}
                <Values of={Object.fromEntries(facts)} />
                <div class="actions">
                    {event._heldUntilInMicros && may('develop', event.project) && <>
                        <button type="button" class="primary" disabled={busy} onClick={() => act('release')}>{t('release')}</button>
                        <button type="button" disabled={busy} onClick={() => act('discard')}>{t('discard')}</button></>}
                    {event.executionLink && may('execute', event.project) && <button type="button" disabled={busy} onClick={() => act('rerun')}>{t('runAgain')}</button>}
                </div>
                <Trouble problem={problem} />
            </section>
            <section><h3>{t('delivery')}</h3>{event.delivery ? <RawDelivery id={event.delivery} /> : <p class="faint">{t('noDelivery')}</p>}</section>
        </div>
    );
}

function Row({ event, open, toggle }: { event: Event; open: boolean; toggle: () => void }) {
    return (
        <li class={open ? 'row open' : 'row'}>
            <div class="line activity-line">
                <button type="button" class="opener" aria-expanded={open} onClick={toggle} aria-label={`${event.imageName}:${event.tag}`} />
                <Status is={event.executionStatus} />
                <span class="what"><strong>{event.imageName}<span class="tag">{event.tag}</span></strong><small>{event.message}</small></span>
                <span class="whom"><span>{event.webhook || '–'}</span><small>{event.owner && t('by', { name: event.owner })}</small></span>
                <span class="run">{event.executionLink ? <a href={pageOf(event.executionLink)}>{event.pipeline} #{event.executionIndex}</a> : <span class="faint">{event.pipeline || '–'}</span>}</span>
                <span class="when"><Time at={event.timeStampInMicros} /></span>
            </div>
            {open && <Detail event={event} />}
        </li>
    );
}

export default function Activity() {
    const q = query();
    const status = q.get('status') ?? '', search = q.get('search') ?? '', webhook = q.get('webhook') ?? '';
    const [open, setOpen] = useState('');
    const { data, problem, reload, more } = useList<Event>('/registry-events', { $filter: filterOf({ status, webhook }), search }, ['events', 'executions']);
    const filtered = status || search || webhook;
    return (
        <>
            <Head title={t('activity')} />
            <div class="filters" role="search">
                <Text type="search" aria-label={t('search')} placeholder={t('search')} value={search} set={(v) => setQuery('search', v)} />
                <Choice aria-label={t('status')} value={status} set={(v) => setQuery('status', v)} options={[['', `${t('status')}: ${t('all')}`], ...STATUSES.map((s) => [s, statusText(s)] as const)]} />
                {webhook && <button type="button" class="chip" onClick={() => setQuery('webhook', '')}>{webhook} ✕</button>}
                {data && <span class="faint count" aria-live="polite">{t('shown', { count: data.rows.length, total: data.total })}</span>}
            </div>
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {data && !data.rows.length && <Empty title={t(filtered ? 'nothingFits' : 'noEvents')} hint={t(filtered ? 'nothingFitsHint' : 'noEventsHint')} />}
            {data && data.rows.length > 0 && <ul class="rows">{data.rows.map((e) => <Row key={e.id} event={e} open={open === e.id} toggle={() => setOpen(open === e.id ? '' : e.id)} />)}</ul>}
            {more && <button type="button" class="more" onClick={more}>{t('more')}</button>}
        </>
    );
}
