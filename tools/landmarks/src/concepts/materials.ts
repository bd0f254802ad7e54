import type { Concept } from '../concept.ts';
import { it } from './country.ts';

/** What things are made of. */
export const MATERIALS: readonly Concept[] = [
  it('material', 'steel', 'Il', {
    en: {
      names: ['steel'],
      heads: ['the strong grey metal', 'the hard grey metal', 'the metal of swords'],
      tails: ['that holds up skyscrapers', 'that trains roll on', 'used for cars and ships'],
      facts: ['is hard and strong', 'holds up tall buildings', 'melts in great heat', 'rusts in water'],
      forms: ['I am a hard grey metal.', 'I am strong and I hardly bend.'],
    },
    es: {
      names: ['el acero'],
      heads: ['el fuerte metal gris', 'el duro metal gris', 'el metal de las espadas'],
      tails: [
        'que sostiene los rascacielos',
        'sobre el que ruedan los trenes',
        'con el que se hacen coches y barcos',
      ],
      facts: [
        'es duro y fuerte',
        'sostiene edificios altos',
        'se funde con mucho calor',
        'se oxida en el agua',
      ],
      forms: ['Soy un metal duro y gris.', 'Soy fuerte y casi no me doblo.'],
    },
    fr: {
      names: ["l'acier"],
      heads: ['le solide métal gris', 'le dur métal gris', 'le métal des épées'],
      tails: [
        'qui soutient les gratte-ciel',
        'sur lequel roulent les trains',
        'dont on fait les voitures et les bateaux',
      ],
      facts: [
        'est dur et solide',
        'soutient de hauts immeubles',
        'fond à grande chaleur',
        "rouille dans l'eau",
      ],
      forms: ['Je suis un métal dur et gris.', 'Je suis solide et je plie à peine.'],
    },
    zh: {
      names: ['钢铁'],
      heads: ['结实的灰色金属', '坚硬的灰色金属', '刀剑的金属'],
      tails: ['撑起摩天大楼的', '火车在上面行驶的', '造汽车和轮船的'],
      facts: ['又硬又结实', '支撑高楼', '在高温下熔化', '在水里会生锈'],
      forms: ['我是坚硬的灰色金属。', '我很结实，几乎不弯。'],
    },
  }),
  it('material', 'wood', 'Il', {
    en: {
      names: ['wood'],
      heads: ['the material of trees', 'the material of tree trunks', 'the brown material of tables'],
      tails: ['that the carpenter saws', 'that smells of the forest', 'that burns in the fireplace'],
      facts: ['comes from trees', 'floats on water', 'burns in the fire', 'has rings inside'],
      forms: ['I am the hard inside of a tree.', 'I am brown and I smell of the forest.'],
    },
    es: {
      names: ['la madera'],
      heads: ['la materia de los árboles', 'la materia de los troncos', 'la materia marrón de las mesas'],
      tails: ['que corta el carpintero', 'que huele a bosque', 'que arde en la chimenea'],
      facts: ['viene de los árboles', 'flota en el agua', 'arde en el fuego', 'tiene anillos por dentro'],
      forms: ['Soy el interior duro de un árbol.', 'Soy marrón y huelo a bosque.'],
    },
    fr: {
      names: ['le bois'],
      heads: ['le matériau des arbres', 'le matériau des troncs', 'le matériau brun des tables'],
      tails: ['que scie le menuisier', 'qui sent la forêt', 'qui brûle dans la cheminée'],
      facts: ['vient des arbres', "flotte sur l'eau", 'brûle dans le feu', "a des anneaux à l'intérieur"],
      forms: ["Je suis l'intérieur dur d'un arbre.", 'Je suis brun et je sens la forêt.'],
    },
    zh: {
      names: ['木头'],
      heads: ['大树的材料', '树干的材料', '桌子的棕色材料'],
      tails: ['匠人锯开的', '带着森林香味的', '在壁炉里燃烧的'],
      facts: ['来自大树', '浮在水上', '在火中燃烧', '里面有一圈圈年轮'],
      forms: ['我是大树坚硬的内部。', '我是棕色的，有森林的香味。'],
    },
  }),
  it('material', 'glass', 'Il', {
    en: {
      names: ['glass'],
      heads: ['the clear material', 'the hard clear material', 'the material of windows'],
      tails: ['made from melted sand', 'that lets the light in', 'that breaks into sharp pieces'],
      facts: ['is clear like water', 'comes from hot sand', 'lets the light through', 'breaks when it falls'],
      forms: ['I am hard and you can see through me.', 'I was sand before the fire melted me.'],
    },
    es: {
      names: ['el vidrio'],
      heads: ['el material transparente', 'el material duro y claro', 'el material de las ventanas'],
      tails: ['hecho de arena fundida', 'que deja entrar la luz', 'que se rompe en trozos afilados'],
      facts: [
        'es claro como el agua',
        'viene de la arena caliente',
        'deja pasar la luz',
        'se rompe cuando cae',
      ],
      forms: ['Soy duro y se ve a través de mí.', 'Fui arena antes de fundirme en el fuego.'],
    },
    fr: {
      names: ['le verre'],
      heads: ['le matériau transparent', 'le matériau dur et clair', 'le matériau des fenêtres'],
      tails: ['fait de sable fondu', 'qui laisse entrer la lumière', 'qui se casse en morceaux pointus'],
      facts: [
        "est clair comme l'eau",
        'vient du sable chaud',
        'laisse passer la lumière',
        'se casse quand il tombe',
      ],
      forms: ['Je suis dur et on voit à travers moi.', "J'étais du sable avant de fondre dans le feu."],
    },
    zh: {
      names: ['玻璃'],
      heads: ['透明的材料', '又硬又清的材料', '窗户的材料'],
      tails: ['用沙子熔成的', '让光照进来的', '碎成尖片的'],
      facts: ['像水一样清', '来自滚烫的沙子', '让光透过', '掉下来就碎'],
      forms: ['我很硬，别人能看透我。', '我在火里熔化以前是沙子。'],
    },
  }),
  it('material', 'gold', 'Il', {
    en: {
      names: ['gold'],
      heads: ['the yellow metal', 'the precious yellow metal', 'the metal with the colour of the sun'],
      tails: ['that crowns are made of', 'that pirates hide in chests', 'that never rusts'],
      facts: ['shines like the sun', 'never rusts', 'is heavy and soft', 'is very expensive'],
      forms: ['I am a yellow metal that shines.', 'I am heavy, soft and precious.'],
    },
    es: {
      names: ['el oro'],
      heads: ['el metal amarillo', 'el precioso metal amarillo', 'el metal del color del sol'],
      tails: ['con el que se hacen coronas', 'que los piratas guardan en cofres', 'que nunca se oxida'],
      facts: ['brilla como el sol', 'nunca se oxida', 'es pesado y blando', 'es muy caro'],
      forms: ['Soy un metal amarillo que brilla.', 'Soy pesado, blando y precioso.'],
    },
    fr: {
      names: ["l'or"],
      heads: ['le métal jaune', 'le précieux métal jaune', 'le métal couleur de soleil'],
      tails: [
        'dont on fait les couronnes',
        'que les pirates cachent dans des coffres',
        'qui ne rouille jamais',
      ],
      facts: ['brille comme le soleil', 'ne rouille jamais', 'est lourd et mou', 'est très cher'],
      forms: ['Je suis un métal jaune qui brille.', 'Je suis lourd, mou et précieux.'],
    },
    zh: {
      names: ['黄金'],
      heads: ['太阳色的宝物', '阳光般的宝物', '太阳颜色的贵重材料'],
      tails: ['打造皇冠的', '海盗藏在箱子里的', '永不生锈的'],
      facts: ['像太阳一样闪亮', '从不生锈', '又重又软', '非常昂贵'],
      forms: ['我像太阳一样闪光。', '我又重又软又贵重。'],
    },
  }),
  it('material', 'stone', 'Elle', {
    en: {
      names: ['stone'],
      heads: [
        'the hard material of mountains',
        'the old material of mountains',
        'the heavy material of castles',
      ],
      tails: ['that sculptors carve', 'that comes from the quarry', 'that the pyramids are built of'],
      facts: ['is hard and heavy', 'lasts thousands of years', 'sinks in water', 'makes strong walls'],
      forms: ['I am hard, heavy and old.', 'I am a piece of the mountain.'],
    },
    es: {
      names: ['la piedra'],
      heads: [
        'la dura materia de las montañas',
        'la vieja materia de las montañas',
        'la pesada materia de los castillos',
      ],
      tails: ['que tallan los escultores', 'que sale de la cantera', 'con la que se hicieron las pirámides'],
      facts: ['es dura y pesada', 'dura miles de años', 'se hunde en el agua', 'forma muros fuertes'],
      forms: ['Soy dura, pesada y vieja.', 'Soy un trozo de la montaña.'],
    },
    fr: {
      names: ['la pierre'],
      heads: [
        'la dure matière des montagnes',
        'la vieille matière des montagnes',
        'la lourde matière des châteaux',
      ],
      tails: ['que taillent les sculpteurs', 'qui sort de la carrière', 'dont sont faites les pyramides'],
      facts: [
        'est dure et lourde',
        "dure des milliers d'années",
        "coule dans l'eau",
        'forme des murs solides',
      ],
      forms: ['Je suis dure, lourde et vieille.', 'Je suis un morceau de la montagne.'],
    },
    zh: {
      names: ['石头'],
      heads: ['大山的坚硬材料', '大山的古老材料', '城堡的沉重材料'],
      tails: ['雕刻家雕刻的', '采自矿场的', '筑成金字塔的'],
      facts: ['又硬又重', '能存在几千年', '会沉到水里', '能砌成坚固的墙'],
      forms: ['我又硬又重又古老。', '我是大山的一块。'],
    },
  }),
];
