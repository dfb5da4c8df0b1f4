/* Runs all events of a filter again: first it tells how many that are, and begins that many or none. */
import { useState } from 'preact/hooks';
import { call } from '../../api';
import { useLoaded } from '../../loading';
import { Dialog, Loading, Trouble, useAction } from '../../parts';
import { t } from '../../texts';
import { type Wanted, eventsPath } from './filters';

interface Told { count: number; matched: number; superseded: number; underWay: number; notTaken: number; refused: { why: string; count?: number }[] }

const address = (wanted: Wanted, expect?: number) => `${eventsPath}?${new URLSearchParams({ action: 'rerun', ...(wanted.filter ? { $filter: wanted.filter } : {}), ...(wanted.search ? { search: wanted.search } : {}),
    ...(expect === undefined ? {} : { expect: String(expect) }) })}`;

function What({ told }: { told: Told }) {
    const left = [['againSuperseded', told.superseded], ['againUnderWay', told.underWay], ['againNotTaken', told.notTaken], ['againRefused', told.refused.length]] as const;
    return (
        <>
            <p><strong>{t(told.count === 1 ? 'againOne' : 'againCount', { n: told.count, all: told.matched })}</strong></p>
            <ul class="stack-small">{left.filter(([, n]) => n).map(([text, n]) => <li key={text}>{t(text, { n })}</li>)}</ul>
        </>
    );
}

export function RunAgain({ wanted, close }: { wanted: Wanted; close: () => void }) {
    const [key] = useState(() => crypto.randomUUID()); /* told twice, done once */
    const { busy, problem, run } = useAction();
    const { data: told, problem: refused } = useLoaded<Told>(`again ${wanted.filter} ${wanted.search}`, [], (s) => call<Told>('POST', address(wanted), {}, s));
    const begin = () => run(async () => {
        await call('POST', address(wanted, told!.count), {}, undefined, { 'Idempotency-Key': key });
        close();
    });
    return (
        <Dialog title={t('againTitle')} close={close}>
            {!told && !refused && <Loading />}
            {told && <What told={told} />}
            <Trouble problem={problem ?? refused} />
            <footer><button type="button" onClick={close}>{t('cancel')}</button>
                <button type="button" class="primary" disabled={busy || !told?.count} onClick={begin}>{t('againBegin')}</button></footer>
        </Dialog>
    );
}
