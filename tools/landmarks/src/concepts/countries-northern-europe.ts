import type { Concept } from '../concept.ts';
import { country } from './country.ts';

/** Countries of the north and east of Europe. */
export const NORTHERN_EUROPEAN_COUNTRIES: readonly Concept[] = [
  country('germany', 'Elle', {
    en: {
      names: ['Germany'],
      heads: ['the land of sausages', 'the land of fast motorways'],
      tails: [
        'where Bach and Beethoven were born',
        'where the Brothers Grimm wrote',
        'where the Black Forest grows',
      ],
      facts: ['eats sausages and pretzels', 'builds fast cars', 'has the Black Forest'],
      forms: ['I have dark forests and many castles.', 'I am green, with the Rhine in my west.'],
    },
    es: {
      names: ['Alemania'],
      heads: ['la tierra de las salchichas', 'la tierra de las autopistas rápidas'],
      tails: [
        'donde nacieron Bach y Beethoven',
        'donde escribieron los hermanos Grimm',
        'donde crece la Selva Negra',
      ],
      facts: ['come salchichas y pretzels', 'fabrica coches rápidos', 'tiene la Selva Negra'],
      forms: ['Tengo bosques oscuros y muchos castillos.', 'Soy verde, con el Rin en mi oeste.'],
    },
    fr: {
      names: ["l'Allemagne"],
      heads: ['la terre des saucisses', 'la terre des autoroutes rapides'],
      tails: ['où sont nés Bach et Beethoven', 'où écrivaient les frères Grimm', 'où pousse la Forêt-Noire'],
      facts: ['mange des saucisses et des bretzels', 'fabrique des voitures rapides', 'a la Forêt-Noire'],
      forms: ["J'ai des forêts sombres et beaucoup de châteaux.", "Je suis verte, avec le Rhin à l'ouest."],
    },
    zh: {
      names: ['德国'],
      heads: ['香肠之乡', '快速公路之乡'],
      tails: ['巴赫和贝多芬出生的', '格林兄弟写童话的', '黑森林生长的'],
      facts: ['吃香肠和椒盐卷饼', '制造快速的汽车', '有黑森林'],
      forms: ['我有幽暗的森林和许多城堡。', '我绿绿的，西边有莱茵河。'],
    },
  }),
  country('russia', 'Elle', {
    en: {
      names: ['Russia'],
      heads: ['the giant country', 'the land of long winters'],
      tails: ['where Siberia freezes', 'where Tolstoy wrote', 'where matryoshka dolls were born'],
      facts: ['eats thin pancakes called blini', 'is the largest country', 'reaches from Europe to Asia'],
      forms: ['I am huge, cold and wide.', 'I stretch over eleven hours of the clock.'],
    },
    es: {
      names: ['Rusia'],
      heads: ['la nación gigante', 'la tierra de los largos inviernos'],
      tails: ['donde se hiela Siberia', 'donde escribió Tolstói', 'donde nacieron las matrioskas'],
      facts: ['come tortitas finas llamadas blinis', 'es el país más grande', 'va desde Europa hasta Asia'],
      forms: ['Soy enorme, fría y ancha.', 'Me extiendo por once horas del reloj.'],
    },
    fr: {
      names: ['la Russie'],
      heads: ['la nation géante', 'la terre des longs hivers'],
      tails: ['où gèle la Sibérie', 'où écrivait Tolstoï', 'où sont nées les matriochkas'],
      facts: ['mange des crêpes fines appelées blinis', 'est le plus grand pays', "va de l'Europe à l'Asie"],
      forms: ['Je suis immense, froide et large.', "Je m'étends sur onze heures de l'horloge."],
    },
    zh: {
      names: ['俄罗斯'],
      heads: ['巨大的国家', '冬天漫长的国家'],
      tails: ['西伯利亚冰封的', '托尔斯泰写书的', '套娃诞生的'],
      facts: ['吃叫布林的薄饼', '是最大的国家', '从欧洲一直到亚洲'],
      forms: ['我又大又冷又宽。', '我横跨十一个时区。'],
    },
  }),
  country('norway', 'Elle', {
    en: {
      names: ['Norway'],
      heads: ['the land of fjords', 'the cold land of the Vikings'],
      tails: ['where Amundsen was born', 'where Munch painted', 'that reaches the North Cape'],
      facts: ['eats salmon and brown cheese', 'has deep fjords', 'sees the northern lights'],
      forms: ['I am long and narrow, with deep fjords.', 'I am cold, and my summer nights are bright.'],
    },
    es: {
      names: ['Noruega'],
      heads: ['la tierra de los fiordos', 'la fría tierra de los vikingos'],
      tails: ['donde nació Amundsen', 'donde pintó Munch', 'que llega hasta Cabo Norte'],
      facts: ['come salmón y queso marrón', 'tiene fiordos profundos', 've auroras boreales'],
      forms: ['Soy larga y estrecha, con fiordos profundos.', 'Soy fría, y mis noches de verano son claras.'],
    },
    fr: {
      names: ['la Norvège'],
      heads: ['la terre des fjords', 'la froide terre des Vikings'],
      tails: ['où est né Amundsen', 'où peignait Munch', "qui va jusqu'au cap Nord"],
      facts: ['mange du saumon et du fromage brun', 'a des fjords profonds', 'voit des aurores boréales'],
      forms: [
        'Je suis longue et étroite, avec des fjords profonds.',
        "Je suis froide, et mes nuits d'été sont claires.",
      ],
    },
    zh: {
      names: ['挪威'],
      heads: ['峡湾之国', '寒冷的维京之国'],
      tails: ['阿蒙森出生的', '蒙克画画的', '一直伸到北角的'],
      facts: ['吃三文鱼和棕色奶酪', '有很深的峡湾', '看得见北极光'],
      forms: ['我又长又窄，有很深的峡湾。', '我很冷，夏天的夜晚很亮。'],
    },
  }),
];
