/* Everything that was sent to the webhooks' URLs, also what was refused: the place to look when a push started nothing and is not among
 * the events. */
import './triggers.css';
import { useState } from 'preact/hooks';
import { filterOf } from '../../api';
import { shownText, useList } from '../../listing';
import type { Delivery } from '../../model';
import { Choice, Empty, Loading, Text, Time, Trouble } from '../../parts';
import { query, setQuery } from '../../router';
import { t } from '../../texts';
import { Windowed } from '../../windowed';
import { RawDelivery } from './event';
import { VERDICTS, verdictOf } from './verdict';

function Row({ one, open, toggle }: { one: Delivery; open: boolean; toggle: () => void }) {
    const [text, tone] = verdictOf(one);
    return (
        <>
            <div class="line delivery-line">
                <button type="button" class="opener" aria-expanded={open} onClick={toggle} aria-label={`${t('delivery')} ${t(text)} ${one.remote}`} />
                <span class={`status ${tone}`}><i aria-hidden="true" />{t(text)}</span>
                <span class="what"><strong><bdi>{one.pushes?.length ? one.pushes.map((p) => `${p.repository}:${p.tag}`).join(', ') : t('noPushIn')}</bdi></strong><small><bdi>{one.problem}</bdi></small></span>
                <span class="whom"><span>{one.format || '–'}</span><small>{one.repeats ? t('repeated', { n: one.repeats }) : ''}</small></span>
                <span class="run"><code>{one.remote}</code></span>
                <span class="when"><Time at={one._createTimeInMicros} /></span>
            </div>
            {open && <div class="detail single"><section><RawDelivery id={one.id} />{one.matched && <p><a href={`/triggers/docker/activity?delivery=${one.id}`}>{t('eventsOfDelivery')}</a></p>}</section></div>}
        </>
    );
}

export function Deliveries() {
    const q = query(), verdict = q.get('verdict') ?? '', search = q.get('search') ?? '';
    const [open, setOpen] = useState('');
    const { data, problem, reload, more, see, newer, toTop } = useList<Delivery>('/registry-deliveries', { $filter: filterOf({ verdict }), search }, ['deliveries']);
    const filtered = verdict || search;
    return (
        <>
            <div class="filters" role="search">
                <Text type="search" aria-label={t('search')} placeholder={t('search')} value={search} set={(v) => setQuery('search', v)} />
                <Choice aria-label={t('verdict')} value={verdict} set={(v) => setQuery('verdict', v)} options={[['', `${t('verdict')}: ${t('all')}`], ...Object.entries(VERDICTS).map(([key, [text]]) => [key, t(text)] as const)]} />
                <span class="faint count" aria-live="polite">{data ? shownText(data) : ''}</span>
            </div>
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {data && !data.rows.length && <Empty title={t(filtered ? 'nothingFits' : 'noDeliveries')} hint={t(filtered ? 'nothingFitsHint' : 'noDeliveriesHint')} />}
            {data && data.rows.length > 0 && <Windowed rows={data.rows} keyOf={(one) => one.id} label={t('deliveries')} isOpen={(one) => one.id === open} see={see} more={more} newer={newer} toTop={toTop}>
                {(one) => <Row one={one} open={open === one.id} toggle={() => setOpen(open === one.id ? '' : one.id)} />}</Windowed>}
        </>
    );
}
