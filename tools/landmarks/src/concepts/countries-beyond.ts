import type { Concept } from '../concept.ts';
import { country } from './country.ts';

/** Countries of Africa and the Americas. */
export const COUNTRIES_BEYOND: readonly Concept[] = [
  country('egypt', 'Elle', {
    en: {
      names: ['Egypt'],
      heads: ['the land of the desert', 'the land of the pharaohs'],
      tails: ['where the Sphinx rests', 'where the great pyramids stand', 'where Tutankhamun ruled'],
      facts: ['speaks Arabic', 'has pyramids in the desert', 'lives from the Nile'],
      forms: ['I am sand with a green river in the middle.', 'I am very old and I keep mummies.'],
    },
    es: {
      names: ['Egipto'],
      heads: ['el país del desierto', 'el país de los faraones'],
      tails: ['donde descansa la Esfinge', 'donde se alzan las grandes pirámides', 'donde reinó Tutankamón'],
      facts: ['habla árabe', 'tiene pirámides en el desierto', 'vive del Nilo'],
      forms: ['Soy arena con un río verde en medio.', 'Soy muy antiguo y guardo momias.'],
    },
    fr: {
      names: ["l'Égypte"],
      heads: ['la terre du désert', 'la terre des pharaons'],
      tails: ['où repose le Sphinx', 'où se dressent les grandes pyramides', 'où régna Toutânkhamon'],
      facts: ['parle arabe', 'a des pyramides dans le désert', 'vit du Nil'],
      forms: [
        'Je suis du sable avec un fleuve vert au milieu.',
        'Je suis très ancienne et je garde des momies.',
      ],
    },
    zh: {
      names: ['埃及'],
      heads: ['沙漠之国', '法老之国'],
      tails: ['狮身人面像所在的', '大金字塔耸立的', '图坦卡蒙统治过的'],
      facts: ['说阿拉伯语', '沙漠里有金字塔', '靠尼罗河生活'],
      forms: ['我是一片沙漠，中间有绿色的河。', '我很古老，保存着木乃伊。'],
    },
  }),
  country('kenya', 'Il', {
    en: {
      names: ['Kenya'],
      heads: ['the land of safaris', 'the land of fast runners'],
      tails: ['where the Masai Mara lies', 'where Lake Turkana shines', 'where Kipchoge was born'],
      facts: ['speaks Swahili and English', 'has lions and giraffes', 'lies on the equator'],
      forms: ['I am wide grassland with lions.', 'I am warm and the equator crosses me.'],
    },
    es: {
      names: ['Kenia'],
      heads: ['la tierra de los safaris', 'la tierra de los corredores veloces'],
      tails: ['donde está el Masái Mara', 'donde brilla el lago Turkana', 'donde nació Kipchoge'],
      facts: ['habla suajili e inglés', 'tiene leones y jirafas', 'está en el ecuador'],
      forms: ['Soy una ancha sabana con leones.', 'Soy cálida y el ecuador me cruza.'],
    },
    fr: {
      names: ['le Kenya'],
      heads: ['le pays des safaris', 'le pays des coureurs rapides'],
      tails: ['où se trouve le Masai Mara', 'où brille le lac Turkana', 'où est né Kipchoge'],
      facts: ['parle swahili et anglais', 'a des lions et des girafes', "se trouve sur l'équateur"],
      forms: ['Je suis une large savane avec des lions.', "Je suis chaud et l'équateur me traverse."],
    },
    zh: {
      names: ['肯尼亚'],
      heads: ['野生动物之国', '长跑健将之国'],
      tails: ['马赛马拉所在的', '图尔卡纳湖闪耀的', '基普乔格出生的'],
      facts: ['说斯瓦希里语和英语', '有狮子和长颈鹿', '位于赤道上'],
      forms: ['我是有狮子的大草原。', '我很温暖，赤道穿过我。'],
    },
  }),
  country('peru', 'Il', {
    en: {
      names: ['Peru'],
      heads: ['the land of the Incas', 'the land of llamas'],
      tails: ['where Machu Picchu stands', 'with the lines of Nazca', 'where the Amazon is born'],
      facts: ['eats many kinds of potatoes', 'has llamas in the Andes', 'was home to the Incas'],
      forms: ['I have a coast, high mountains and a jungle.', 'I am high, with llamas on my mountains.'],
    },
    es: {
      names: ['Perú'],
      heads: ['el país de los incas', 'el país de las llamas'],
      tails: ['donde se alza Machu Picchu', 'con las líneas de Nazca', 'donde nace el Amazonas'],
      facts: ['come muchos tipos de papas', 'tiene llamas en los Andes', 'fue el hogar de los incas'],
      forms: ['Tengo costa, altas montañas y selva.', 'Soy alto, con llamas en mis montañas.'],
    },
    fr: {
      names: ['le Pérou'],
      heads: ['le pays des Incas', 'le pays des lamas'],
      tails: ['où se dresse le Machu Picchu', 'avec les lignes de Nazca', "où naît l'Amazone"],
      facts: [
        'mange beaucoup de pommes de terre différentes',
        'a des lamas dans les Andes',
        'fut la patrie des Incas',
      ],
      forms: [
        "J'ai une côte, de hautes montagnes et une jungle.",
        'Je suis haut, avec des lamas sur mes montagnes.',
      ],
    },
    zh: {
      names: ['秘鲁'],
      heads: ['印加之国', '羊驼之国'],
      tails: ['马丘比丘耸立的', '有纳斯卡线条的', '亚马孙河发源的'],
      facts: ['吃很多种土豆', '安第斯山上有羊驼', '曾是印加人的家园'],
      forms: ['我有海岸、高山和丛林。', '我很高，山上有羊驼。'],
    },
  }),
  country('cuba', 'Elle', {
    en: {
      names: ['Cuba'],
      heads: ['the long Caribbean island', 'the island of sugar cane'],
      tails: ['where Fidel Castro ruled', 'where old American cars drive', 'where the mambo was born'],
      facts: ['eats black beans with rice', 'grows sugar cane', 'dances to the drums'],
      forms: ['I am long and thin, like a crocodile.', 'I am a warm island in the Caribbean.'],
    },
    es: {
      names: ['Cuba'],
      heads: ['la larga isla del Caribe', 'la isla de la caña de azúcar'],
      tails: ['donde gobernó Fidel Castro', 'donde ruedan viejos coches americanos', 'donde nació el mambo'],
      facts: ['come frijoles negros con arroz', 'cultiva caña de azúcar', 'baila al son de los tambores'],
      forms: ['Soy larga y delgada, como un cocodrilo.', 'Soy una isla cálida en el Caribe.'],
    },
    fr: {
      names: ['Cuba'],
      heads: ['la longue île des Caraïbes', "l'île de la canne à sucre"],
      tails: [
        'où gouvernait Fidel Castro',
        'où roulent de vieilles voitures américaines',
        'où est né le mambo',
      ],
      facts: [
        'mange des haricots noirs avec du riz',
        'cultive la canne à sucre',
        'danse au son des tambours',
      ],
      forms: ['Je suis longue et mince, comme un crocodile.', 'Je suis une île chaude dans les Caraïbes.'],
    },
    zh: {
      names: ['古巴'],
      heads: ['加勒比海的长岛', '甘蔗之岛'],
      tails: ['卡斯特罗执政过的', '老式美国汽车行驶的', '曼波舞诞生的'],
      facts: ['吃黑豆和米饭', '种甘蔗', '随着鼓声跳舞'],
      forms: ['我又长又细，像一条鳄鱼。', '我是加勒比海的温暖岛屿。'],
    },
  }),
];
