import type { Concept } from '../concept.ts';
import { country } from './country.ts';

/** Countries of Asia. */
export const ASIAN_COUNTRIES: readonly Concept[] = [
  country('japan', 'Il', {
    en: {
      names: ['Japan'],
      heads: ['the island country', 'the land of cherry blossoms'],
      tails: ['where the sun rises', 'where the samurai lived', 'where sumo was born'],
      facts: ['eats sushi and rice', 'lies on many islands', 'has a volcano called Fuji'],
      forms: ['I am a long chain of islands.', 'I have mountains, cherry trees and fast trains.'],
    },
    es: {
      names: ['Japón'],
      heads: ['el país de muchas islas', 'el país de los cerezos en flor'],
      tails: ['donde nace el sol', 'donde vivieron los samuráis', 'donde nació el sumo'],
      facts: ['come sushi y arroz', 'está en muchas islas', 'tiene un volcán llamado Fuji'],
      forms: ['Soy una larga cadena de islas.', 'Tengo montañas, cerezos y trenes rápidos.'],
    },
    fr: {
      names: ['le Japon'],
      heads: ['le pays aux nombreuses îles', 'le pays des cerisiers en fleurs'],
      tails: ['où se lève le soleil', 'où vivaient les samouraïs', 'où est né le sumo'],
      facts: ['mange des sushis et du riz', "s'étend sur de nombreuses îles", 'a un volcan appelé Fuji'],
      forms: [
        "Je suis une longue chaîne d'îles.",
        "J'ai des montagnes, des cerisiers et des trains rapides.",
      ],
    },
    zh: {
      names: ['日本'],
      heads: ['多岛之国', '樱花之国'],
      tails: ['太阳升起的', '武士住过的', '相扑诞生的'],
      facts: ['吃寿司和米饭', '坐落在许多岛上', '有一座叫富士的火山'],
      forms: ['我是一条长长的岛链。', '我有高山、樱花树和快速列车。'],
    },
  }),
  country('china', 'Elle', {
    en: {
      names: ['China'],
      heads: ['the land of pandas', 'the land of silk and tea'],
      tails: ['behind the Great Wall', 'where paper was invented', 'where the Yangtze flows'],
      facts: ['eats dumplings with chopsticks', 'built a very long wall', 'has wild pandas'],
      forms: ['I am wide, with mountains and long rivers.', 'I am very old and I have a long wall.'],
    },
    es: {
      names: ['China'],
      heads: ['la tierra de los pandas', 'la tierra de la seda y el té'],
      tails: ['detrás de la Gran Muralla', 'donde se inventó el papel', 'por donde fluye el Yangtsé'],
      facts: ['come empanadillas con palillos', 'construyó una muralla muy larga', 'tiene pandas salvajes'],
      forms: ['Soy ancha, con montañas y largos ríos.', 'Soy muy antigua y tengo una larga muralla.'],
    },
    fr: {
      names: ['la Chine'],
      heads: ['la terre des pandas', 'la terre de la soie et du thé'],
      tails: ['derrière la Grande Muraille', 'où fut inventé le papier', 'où coule le Yangtsé'],
      facts: [
        'mange des raviolis avec des baguettes',
        'a construit une très longue muraille',
        'a des pandas sauvages',
      ],
      forms: [
        'Je suis large, avec des montagnes et de longs fleuves.',
        "Je suis très ancienne et j'ai une longue muraille.",
      ],
    },
    zh: {
      names: ['中国'],
      heads: ['熊猫之乡', '丝绸和茶的故乡'],
      tails: ['有万里长城的', '发明纸张的', '长江流过的'],
      facts: ['用筷子吃饺子', '修了一道很长的城墙', '有野生熊猫'],
      forms: ['我很宽广，有高山和长河。', '我很古老，有一道长长的城墙。'],
    },
  }),
  country('india', 'Elle', {
    en: {
      names: ['India'],
      heads: ['the land of spices', 'the land of tigers and elephants'],
      tails: ['where the Taj Mahal shines', 'where Gandhi was born', 'where Bollywood was born'],
      facts: ['eats spicy curry', 'has wild tigers', 'celebrates Holi with colours'],
      forms: ['I am a great triangle in the warm sea.', 'I have snowy mountains and hot jungles.'],
    },
    es: {
      names: ['la India'],
      heads: ['la tierra de las especias', 'la tierra de los tigres y elefantes'],
      tails: ['donde brilla el Taj Mahal', 'donde nació Gandhi', 'donde nació Bollywood'],
      facts: ['come curry picante', 'tiene tigres salvajes', 'celebra Holi con colores'],
      forms: ['Soy un gran triángulo en el mar cálido.', 'Tengo montañas nevadas y selvas calientes.'],
    },
    fr: {
      names: ["l'Inde"],
      heads: ['la terre des épices', 'la terre des tigres et des éléphants'],
      tails: ['où brille le Taj Mahal', 'où est né Gandhi', 'où est né Bollywood'],
      facts: ['mange du curry épicé', 'a des tigres sauvages', 'fête Holi avec des couleurs'],
      forms: [
        'Je suis un grand triangle dans la mer chaude.',
        "J'ai des montagnes enneigées et des jungles chaudes.",
      ],
    },
    zh: {
      names: ['印度'],
      heads: ['香料之国', '老虎和大象之国'],
      tails: ['泰姬陵闪耀的', '甘地出生的', '宝莱坞诞生的'],
      facts: ['吃辣咖喱', '有野生老虎', '用彩粉庆祝洒红节'],
      forms: ['我是温暖大海里的大三角。', '我有雪山和炎热的丛林。'],
    },
  }),
];
