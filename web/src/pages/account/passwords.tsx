/* A new password, typed twice; and the current one before it, where it is asked for. */
import { useState } from 'preact/hooks';
import { Field, Text } from '../../parts';
import { t } from '../../texts';

const LEAST = 10, MOST = 1000; /* characters, as the server has it */

export interface Words { old: string; first: string; second: string; fit: boolean; asksOld: boolean; set: (some: Partial<Pick<Words, 'old' | 'first' | 'second'>>) => void }

export function usePasswords(asksOld: boolean): Words {
    const [words, setWords] = useState({ old: '', first: '', second: '' });
    return { ...words, asksOld, fit: (!asksOld || !!words.old) && words.first.length >= LEAST && words.first === words.second, set: (some) => setWords((all) => ({ ...all, ...some })) };
}

export function Passwords({ of, wrong = '' }: { of: Words; wrong?: string }) {
    const differ = of.second && of.first !== of.second ? t('passwordsDiffer') : '';
    return (
        <>
            {of.asksOld && <Field label={t('oldPassword')} wrong={wrong}><Text type="password" autoComplete="current-password" required autoFocus value={of.old} set={(old) => of.set({ old })} /></Field>}
            <Field label={t('newPassword')} hint={t('passwordLength')}><Text type="password" autoComplete="new-password" required minLength={LEAST} maxLength={MOST} value={of.first} set={(first) => of.set({ first })} /></Field>
            <Field label={t('repeatPassword')} wrong={differ}><Text type="password" autoComplete="new-password" required maxLength={MOST} value={of.second} set={(second) => of.set({ second })} /></Field>
        </>
    );
}
