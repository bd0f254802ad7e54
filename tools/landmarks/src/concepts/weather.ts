import type { Concept } from '../concept.ts';
import { it } from './country.ts';

/** What the sky does. */
export const WEATHER: readonly Concept[] = [
  it('weather', 'rain', 'Elle', {
    en: {
      names: ['the rain'],
      heads: ['the water from the sky', 'the water from the clouds', 'the wet weather'],
      tails: ['that drums on umbrellas', 'that fills the puddles', 'that taps on the window in drops'],
      facts: ['falls in drops', 'fills the rivers', 'waters the flowers', 'makes the streets wet'],
      forms: ['I am many drops of water.', 'I fall from the clouds and I am wet.'],
    },
    es: {
      names: ['la lluvia'],
      heads: ['el agua del cielo', 'el agua de las nubes', 'la ducha de las nubes'],
      tails: ['que suena en los paraguas', 'que llena los charcos', 'que golpea la ventana gota a gota'],
      facts: ['cae en gotas', 'llena los ríos', 'riega las flores', 'moja las calles'],
      forms: ['Soy muchas gotas de agua.', 'Caigo de las nubes y mojo.'],
    },
    fr: {
      names: ['la pluie'],
      heads: ["l'eau du ciel", "l'eau des nuages", 'la douche des nuages'],
      tails: [
        'qui tambourine sur les parapluies',
        'qui remplit les flaques',
        'qui frappe la fenêtre goutte à goutte',
      ],
      facts: ['tombe en gouttes', 'remplit les rivières', 'arrose les fleurs', 'mouille les rues'],
      forms: ["Je suis beaucoup de gouttes d'eau.", 'Je tombe des nuages et je mouille.'],
    },
    zh: {
      names: ['大雨'],
      heads: ['天上来的水', '云里来的水', '湿湿的天气'],
      tails: ['打在伞上的', '装满水坑的', '一滴滴敲着窗户的'],
      facts: ['一滴一滴地落下', '装满河流', '浇灌花朵', '打湿街道'],
      forms: ['我是许多小水滴。', '我从云里落下，湿湿的。'],
    },
  }),
  it('weather', 'snow', 'Elle', {
    en: {
      names: ['the snow'],
      heads: ['the white blanket', 'the white powder', 'the soft white carpet'],
      tails: ['that melts in spring', 'that children roll into balls', 'that covers the roofs in winter'],
      facts: ['falls in white flakes', 'is cold and white', 'covers the mountains', 'melts in the sun'],
      forms: ['I am cold, white and soft.', 'I am made of tiny stars of ice.'],
    },
    es: {
      names: ['la nieve'],
      heads: ['la manta blanca', 'la capa blanca', 'la suave alfombra blanca'],
      tails: [
        'que se derrite en primavera',
        'con la que los niños hacen bolas',
        'que cubre los tejados en invierno',
      ],
      facts: ['cae en copos blancos', 'es fría y blanca', 'cubre las montañas', 'se derrite al sol'],
      forms: ['Soy fría, blanca y suave.', 'Estoy hecha de estrellitas de hielo.'],
    },
    fr: {
      names: ['la neige'],
      heads: ['la couverture blanche', 'la poudre blanche', 'la douce couche blanche'],
      tails: ['qui fond au printemps', 'dont les enfants font des boules', 'qui couvre les toits en hiver'],
      facts: ['tombe en flocons blancs', 'est froide et blanche', 'couvre les montagnes', 'fond au soleil'],
      forms: ['Je suis froide, blanche et douce.', 'Je suis faite de petites étoiles de glace.'],
    },
    zh: {
      names: ['大雪'],
      heads: ['白色的毯子', '白色的粉末', '软软的白地毯'],
      tails: ['春天融化的', '孩子们滚成球的', '冬天盖住屋顶的'],
      facts: ['一片一片地飘落', '又冷又白', '盖住群山', '在太阳下融化'],
      forms: ['我又冷又白又软。', '我由小小的冰星星组成。'],
    },
  }),
  it('weather', 'fog', 'Il', {
    en: {
      names: ['the fog'],
      heads: ['the grey veil', 'the low cloud', 'the grey curtain'],
      tails: ['that hides the road', 'that lies on the morning fields', 'that makes ships sound their horns'],
      facts: [
        'is grey and damp',
        'makes the houses disappear',
        'is a cloud near the ground',
        'leaves when the sun gets warm',
      ],
      forms: ['I am a cloud that touches the ground.', 'I am grey and nobody sees through me.'],
    },
    es: {
      names: ['la niebla'],
      heads: ['la nube baja', 'la cortina gris', 'la baja nube gris'],
      tails: [
        'que esconde el camino',
        'que cubre los campos por la mañana',
        'que hace sonar las bocinas de los barcos',
      ],
      facts: [
        'es gris y húmeda',
        'hace desaparecer las casas',
        'es una nube cerca del suelo',
        'se va cuando calienta el sol',
      ],
      forms: ['Soy una nube que toca el suelo.', 'Soy gris y nadie ve a través de mí.'],
    },
    fr: {
      names: ['le brouillard'],
      heads: ['le voile gris', 'le nuage bas', 'le rideau gris'],
      tails: ['qui cache la route', 'qui couvre les champs le matin', 'qui fait sonner la corne des bateaux'],
      facts: [
        'est gris et humide',
        'fait disparaître les maisons',
        'est un nuage près du sol',
        "s'en va quand le soleil chauffe",
      ],
      forms: ['Je suis un nuage qui touche le sol.', 'Je suis gris et personne ne voit à travers moi.'],
    },
    zh: {
      names: ['浓雾'],
      heads: ['灰色的面纱', '低低的云', '灰色的帘子'],
      tails: ['遮住道路的', '清晨盖住田野的', '让轮船鸣笛的'],
      facts: ['又灰又湿', '让房子消失', '是贴近地面的云', '太阳一晒就散去'],
      forms: ['我是贴着地面的云。', '我灰灰的，谁也看不透我。'],
    },
  }),
  it('weather', 'wind', 'Il', {
    en: {
      names: ['the wind'],
      heads: ['the moving air', 'the invisible traveller', 'the breath of the sky'],
      tails: ['that flies the kites', 'that fills the sails', 'that shakes the leaves'],
      facts: ['blows over the sea', 'carries seeds far away', 'pushes the clouds', 'cannot be seen'],
      forms: ['I am air that moves.', 'I have no shape, but you feel me.'],
    },
    es: {
      names: ['el viento'],
      heads: ['el aire en movimiento', 'el viajero invisible', 'el soplo del cielo'],
      tails: ['que hace volar las cometas', 'que llena las velas', 'que mueve las hojas'],
      facts: ['sopla sobre el mar', 'lleva lejos las semillas', 'empuja las nubes', 'no se puede ver'],
      forms: ['Soy aire que se mueve.', 'No tengo forma, pero me sientes.'],
    },
    fr: {
      names: ['le vent'],
      heads: ["l'air en mouvement", 'le voyageur invisible', 'le souffle du ciel'],
      tails: ['qui fait voler les cerfs-volants', 'qui gonfle les voiles', 'qui agite les feuilles'],
      facts: ['souffle sur la mer', 'emporte les graines au loin', 'pousse les nuages', 'ne se voit pas'],
      forms: ["Je suis de l'air qui bouge.", "Je n'ai pas de forme, mais tu me sens."],
    },
    zh: {
      names: ['大风'],
      heads: ['流动的空气', '看不见的旅人', '天空的呼吸'],
      tails: ['让纸鸢飞起的', '鼓起船帆的', '摇动树叶的'],
      facts: ['吹过大海', '把种子带到远方', '推动云朵', '是看不见的'],
      forms: ['我是流动的空气。', '我没有形状，但你能感觉到我。'],
    },
  }),
  it('weather', 'storm', 'Elle', {
    en: {
      names: ['the storm'],
      heads: ['the anger of the sky', 'the anger of the clouds', 'the battle of the clouds'],
      tails: ['with thunder and lightning', 'that throws lightning', 'that arrives with a clap of thunder'],
      facts: [
        'brings thunder and lightning',
        'raises high waves',
        'breaks the branches of trees',
        'roars in the night',
      ],
      forms: ['I am dark clouds with lightning inside.', 'I am loud, wild and strong.'],
    },
    es: {
      names: ['la tormenta'],
      heads: ['la furia del cielo', 'la furia de las nubes', 'la batalla de las nubes'],
      tails: ['con truenos y rayos', 'que lanza rayos', 'que llega con un trueno'],
      facts: [
        'trae truenos y rayos',
        'levanta olas altas',
        'rompe las ramas de los árboles',
        'ruge en la noche',
      ],
      forms: ['Soy nubes oscuras con rayos dentro.', 'Soy ruidosa, salvaje y fuerte.'],
    },
    fr: {
      names: ['la tempête'],
      heads: ['la colère du ciel', 'la colère des nuages', 'la bataille des nuages'],
      tails: ['avec tonnerre et éclairs', 'qui lance des éclairs', 'qui arrive avec un coup de tonnerre'],
      facts: [
        'apporte le tonnerre et les éclairs',
        'lève de hautes vagues',
        'casse les branches des arbres',
        'gronde dans la nuit',
      ],
      forms: ["Je suis des nuages sombres pleins d'éclairs.", 'Je suis bruyante, sauvage et forte.'],
    },
    zh: {
      names: ['暴风雨'],
      heads: ['天空的怒火', '乌云的怒火', '乌云的战斗'],
      tails: ['电闪雷鸣的', '抛出闪电的', '带着雷声到来的'],
      facts: ['带来雷声和闪电', '掀起高高的海浪', '折断树枝', '在夜里怒吼'],
      forms: ['我是带着闪电的乌云。', '我又吵又野又强。'],
    },
  }),
];
