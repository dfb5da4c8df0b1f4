/* User operations: what runs ask people, and what those said. */
import { shownText, useList } from '../../listing';
import { pageOf, type UserOperation } from '../../model';
import { Choice, Empty, Head, Loading, Status, Text, Trouble } from '../../parts';
import { query, setQuery } from '../../router';
import { statusText, t } from '../../texts';
import { Answer, Question } from './answer';

const STATUSES = ['ACTIVE', 'APPROVED', 'REJECTED', 'CANCELED', 'EXPIRED'];

function Card({ of: op, done }: { of: UserOperation; done: () => void }) {
    return (
        <li class="card">
            <header><h2><a href={pageOf(op.executionLink)}>{op.name} #{op.executionIndex}</a></h2><Status is={op.status} /></header>
            <p class="chips"><span class="chip">{op.task}</span><span class="chip"><code>{op.index}</code></span><span class="chip">{op.project}</span></p>
            <Question of={op} />
            <Answer of={op} done={done} />
        </li>
    );
}

export default function UserOperations() {
    const q = query(), id = q.get('id') ?? '', status = q.get('status') ?? (id ? 'all' : 'ACTIVE'), search = q.get('search') ?? '';
    const { data, problem, reload, more } = useList<UserOperation>('/user-operations', { $orderby: '_createTimeInMicros desc', search, $filter: [id && `id eq '${id.replaceAll("'", '')}'`, status !== 'all' && `status eq '${status}'`].filter(Boolean).join(' and ') }, ['user-operations']);
    return (
        <>
            <Head title={t('userOperations')} />
            <div class="filters" role="search">
                <Text type="search" aria-label={t('search')} placeholder={t('search')} value={search} set={(v) => setQuery('search', v)} />
                <Choice aria-label={t('status')} value={status} set={(v) => setQuery('status', v)} options={[...STATUSES.map((s) => [s, statusText(s)] as const), ['all', `${t('status')}: ${t('all')}`]]} />
                {data && <span class="faint count" aria-live="polite">{shownText(data)}</span>}
            </div>
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {data && !data.rows.length && <Empty title={t(search ? 'nothingFits' : 'noQuestions')} hint={t(search ? 'nothingFitsHint' : 'noQuestionsHint')} />}
            {data && data.rows.length > 0 && <ul class="cards">{data.rows.map((op) => <Card key={op.id} of={op} done={reload} />)}</ul>}
            {more && <button type="button" class="more" onClick={more}>{t('more')}</button>}
        </>
    );
}
