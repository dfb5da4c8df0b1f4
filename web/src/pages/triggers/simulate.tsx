import { Head } from '../../parts';
import { t } from '../../texts';

export default function Simulate() {
    return <Head title={t('simulate')} />;
}
