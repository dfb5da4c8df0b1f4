/* Every push that was told of, what was decided, and why; and, beside it, everything that was sent. */
import './triggers.css';
import { useState } from 'preact/hooks';
import { shownText, useList } from '../../listing';
import { type Event, pageOf } from '../../model';
import { Empty, Head, Loading, Status, Time, Trouble } from '../../parts';
import { mayExecuteSomewhere } from '../../projects';
import { query } from '../../router';
import { t } from '../../texts';
import { Windowed } from '../../windowed';
import { RunAgain } from './again';
import { Deliveries } from './deliveries';
import { EventDetail } from './event';
import { EventFilters, useWantedEvents } from './filters';

function Row({ event, open, toggle }: { event: Event; open: boolean; toggle: () => void }) {
    return (
        <>
            <div class="line activity-line">
                <button type="button" class="opener" aria-expanded={open} onClick={toggle} aria-label={`${event.imageName}:${event.tag}`} />
                <Status is={event.executionStatus} />
                <span class="what"><strong><bdi>{event.imageName}</bdi><span class="tag"><bdi>{event.tag}</bdi></span>{event.attempt > 1 && <span class="chip">{t('attempt', { n: event.attempt })}</span>}</strong><small><bdi>{event.message}</bdi></small></span>
                <span class="whom"><span>{event.webhook || '–'}</span><small>{event.owner && t('by', { name: event.owner })}</small></span>
                <span class="run">{event.executionLink ? <a href={pageOf(event.executionLink)}>{event.pipeline} #{event.executionIndex}</a> : <span class="faint">{event.pipeline || '–'}</span>}</span>
                <span class="when"><Time at={event.timeStampInMicros} /></span>
            </div>
            {open && <EventDetail event={event} />}
        </>
    );
}

function Events() {
    const wanted = useWantedEvents();
    const [open, setOpen] = useState(query().get('event') ?? '');
    const [again, runAgain] = useState(false);
    const { data, problem, reload, more, see, newer, toTop } = useList<Event>('/registry-events', { $filter: wanted.filter, search: wanted.search }, ['events', 'executions']);
    return (
        <>
            <EventFilters count={data ? shownText(data) : ''}>
                {wanted.any && !!data?.rows.length && mayExecuteSomewhere() && <button type="button" class="plain" onClick={() => runAgain(true)}>{t('againTitle')} …</button>}
            </EventFilters>
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {data && !data.rows.length && <Empty title={t(wanted.any ? 'nothingFits' : 'noEvents')} hint={t(wanted.any ? 'nothingFitsHint' : 'noEventsHint')} />}
            {data && data.rows.length > 0 && <Windowed rows={data.rows} keyOf={(e) => e.id} label={t('activity')} estimate={68} isOpen={(e) => e.id === open} see={see} more={more} newer={newer} toTop={toTop}>
                {(e) => <Row event={e} open={open === e.id} toggle={() => setOpen(open === e.id ? '' : e.id)} />}</Windowed>}
            {again && <RunAgain wanted={wanted} close={() => runAgain(false)} />}
        </>
    );
}

const TABS = [['', 'pushes'], ['deliveries', 'deliveries']] as const;

export default function Activity() {
    const shown = query().get('show') ?? '';
    return (
        <>
            <Head title={t('activity')} />
            <nav class="segments" aria-label={t('activity')}>{TABS.map(([key, text]) => (
                <a key={key} href={`/triggers/docker/activity${key ? `?show=${key}` : ''}`} aria-current={shown === key ? 'page' : undefined}>{t(text)}</a>))}</nav>
            {shown === 'deliveries' ? <Deliveries /> : <Events />}
        </>
    );
}
