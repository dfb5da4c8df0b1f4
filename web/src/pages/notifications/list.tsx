/* What runs told people and other systems, of all projects that one may see. */
import { filterOf } from '../../api';
import { shownText, useList } from '../../listing';
import { Choice, Empty, Head, Loading, Text, Trouble } from '../../parts';
import { projects } from '../../projects';
import { query, setQuery } from '../../router';
import { statusText, t } from '../../texts';
import { Windowed } from '../../windowed';
import { EVENTS, KINDS, type Notification, STATES, Told } from './told';

export default function Notifications() {
    const q = query(), search = q.get('search') ?? '', project = q.get('project') ?? '', status = q.get('status') ?? '', kind = q.get('kind') ?? '', event = q.get('event') ?? '';
    const { data, problem, reload, more, see, newer, toTop } = useList<Notification>('/notifications', { $filter: filterOf({ project, status, kind, event }), search, $orderby: '_createTimeInMicros desc' }, ['notifications']);
    const filtered = search || project || status || kind || event;
    return (
        <>
            <Head title={t('notifications')} />
            <div class="filters" role="search">
                <Text type="search" aria-label={t('search')} placeholder={t('search')} value={search} set={(v) => setQuery('search', v)} />
                <Choice aria-label={t('status')} value={status} set={(v) => setQuery('status', v)} options={[['', `${t('status')}: ${t('all')}`], ...Object.entries(STATES).filter(([key]) => key !== 'SENDING').map(([key, { text }]) => [key, t(text)] as const)]} />
                <Choice aria-label={t('tellKind')} value={kind} set={(v) => setQuery('kind', v)} options={[['', `${t('tellKind')}: ${t('all')}`], ...Object.entries(KINDS).map(([key, text]) => [key, t(text)] as const)]} />
                <Choice aria-label={t('tellEvent')} value={event} set={(v) => setQuery('event', v)} options={[['', `${t('tellEvent')}: ${t('all')}`], ...Object.entries(EVENTS).map(([key, as]) => [key, statusText(as)] as const)]} />
                {projects.value.length > 1 && <Choice aria-label={t('project')} value={project} set={(v) => setQuery('project', v)} options={[['', `${t('project')}: ${t('all')}`], ...projects.value.map((p) => [p, p] as const)]} />}
                {data && <span class="faint count" aria-live="polite">{shownText(data)}</span>}
            </div>
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {data && !data.rows.length && <Empty title={t(filtered ? 'nothingFits' : 'noNotifications')} hint={t(filtered ? 'nothingFitsHint' : 'noNotificationsHint')} />}
            {data && data.rows.length > 0 && <Windowed rows={data.rows} keyOf={(one) => one.id} label={t('notifications')} estimate={88} see={see} more={more} newer={newer} toTop={toTop}>{(one) => <Told of={one} run />}</Windowed>}
        </>
    );
}
