import type { Concept } from '../concept.ts';

/** Animals that live with people: the dog, the cat, the horse and the bee. */
export const PETS_AND_FARM_ANIMALS: readonly Concept[] = [
  {
    id: 'dog',
    kind: 'animal',
    wording: {
      en: {
        names: ['the dog', 'a dog'],
        pronoun: 'It',
        heads: ['the loyal animal', 'the best friend of the family', 'the furry friend with a wet nose'],
        tails: ['that barks at strangers', 'that guards the house', 'that wags its tail for joy'],
        facts: [
          'barks when someone comes to the door',
          'loves to chew bones',
          'runs after a ball',
          'follows a smell for a long way',
        ],
        forms: ['I have four legs and a wet nose.', 'My tail wags when I am happy.'],
      },
      es: {
        names: ['el perro', 'un perro'],
        pronoun: '',
        heads: ['el animal fiel', 'el mejor amigo de la familia', 'el amigo peludo de nariz húmeda'],
        tails: ['que ladra a los desconocidos', 'que guarda la casa', 'que mueve la cola de alegría'],
        facts: [
          'ladra cuando alguien llega a la puerta',
          'adora morder huesos',
          'corre detrás de una pelota',
          'sigue un olor durante mucho camino',
        ],
        forms: ['Tengo cuatro patas y la nariz húmeda.', 'Mi cola se mueve cuando estoy contento.'],
      },
      fr: {
        names: ['le chien', 'un chien'],
        pronoun: 'Il',
        heads: ["l'animal fidèle", 'le meilleur ami de la famille', "l'ami poilu au museau humide"],
        tails: ['qui aboie contre les inconnus', 'qui garde la maison', 'qui remue la queue de joie'],
        facts: [
          "aboie quand quelqu'un arrive à la porte",
          'adore ronger des os',
          'court après une balle',
          'suit une odeur sur un long chemin',
        ],
        forms: ["J'ai quatre pattes et le museau humide.", 'Ma queue remue quand je suis content.'],
      },
      zh: {
        names: ['狗', '小狗'],
        pronoun: '它',
        heads: ['忠诚的动物', '人类的好朋友', '鼻子湿湿的好伙伴'],
        tails: ['对陌生人汪汪叫的', '看守家门的', '高兴时摇尾巴的'],
        facts: ['有人到门口就汪汪叫', '喜欢啃骨头', '追着球跑', '能跟着气味走很远'],
        forms: ['我有四条腿和湿湿的鼻子。', '我高兴的时候尾巴会摇。'],
      },
    },
  },
  {
    id: 'cat',
    kind: 'animal',
    wording: {
      en: {
        names: ['the cat', 'a cat'],
        pronoun: 'It',
        heads: [
          'the soft little animal',
          'the quiet hunter with whiskers',
          'the small house pet with green eyes',
        ],
        tails: ['that purrs on the sofa', 'that catches mice at home', 'that always lands on its feet'],
        facts: [
          'sleeps most of the day',
          'washes its fur with its tongue',
          'climbs trees and roofs',
          'walks without a sound',
        ],
        forms: ['I have soft fur and long whiskers.', 'My sharp claws hide in my soft paws.'],
      },
      es: {
        names: ['el gato', 'un gato'],
        pronoun: '',
        heads: [
          'el animalito suave',
          'el cazador silencioso con bigotes',
          'el pequeño compañero de ojos verdes',
        ],
        tails: ['que ronronea en el sofá', 'que caza ratones en casa', 'que siempre cae de pie'],
        facts: [
          'duerme casi todo el día',
          'se lava el pelo con la lengua',
          'trepa a los árboles y a los tejados',
          'camina sin hacer ruido',
        ],
        forms: [
          'Tengo el pelo suave y los bigotes largos.',
          'Mis uñas afiladas se esconden en mis patas suaves.',
        ],
      },
      fr: {
        names: ['le chat', 'un chat'],
        pronoun: 'Il',
        heads: [
          'le petit animal doux',
          'le chasseur silencieux à moustaches',
          'le petit compagnon aux yeux verts',
        ],
        tails: [
          'qui ronronne sur le canapé',
          'qui attrape les souris à la maison',
          'qui retombe toujours sur ses pattes',
        ],
        facts: [
          'dort presque toute la journée',
          'lave ses poils avec sa langue',
          'grimpe aux arbres et sur les toits',
          'marche sans faire de bruit',
        ],
        forms: [
          "J'ai le poil doux et de longues moustaches.",
          'Mes griffes pointues se cachent dans mes pattes douces.',
        ],
      },
      zh: {
        names: ['小猫', '猫咪'],
        pronoun: '它',
        heads: ['柔软的小动物', '长胡须的安静猎手', '绿眼睛的小伙伴'],
        tails: ['在沙发上打呼噜的', '在家里捉老鼠的', '总能四脚落地的'],
        facts: ['白天大部分时间在睡觉', '用舌头洗自己的毛', '会爬上树和屋顶', '走路没有声音'],
        forms: ['我有柔软的毛和长长的胡须。', '我尖尖的爪子藏在软软的脚掌里。'],
      },
    },
  },
  {
    id: 'horse',
    kind: 'animal',
    wording: {
      en: {
        names: ['the horse', 'a horse'],
        pronoun: 'It',
        heads: [
          'the fast animal with a long mane',
          'the strong runner with hooves',
          'the proud animal from the stable',
        ],
        tails: ['that carries a rider', 'that pulls a cart', 'that neighs in the meadow'],
        facts: [
          'gallops across the meadow',
          'eats grass and hay',
          'can sleep standing up',
          'carries a rider on its back',
        ],
        forms: ['I have four long legs with hard hooves.', 'My mane flies in the wind.'],
      },
      es: {
        names: ['el caballo', 'un caballo'],
        pronoun: '',
        heads: [
          'el animal veloz de larga crin',
          'el fuerte corredor con cascos',
          'el orgulloso animal del establo',
        ],
        tails: ['que lleva un jinete', 'que tira de un carro', 'que relincha en el prado'],
        facts: [
          'galopa por el prado',
          'come hierba y heno',
          'puede dormir de pie',
          'lleva un jinete sobre el lomo',
        ],
        forms: ['Tengo cuatro patas largas con cascos duros.', 'Mi crin vuela con el viento.'],
      },
      fr: {
        names: ['le cheval', 'un cheval'],
        pronoun: 'Il',
        heads: [
          "l'animal rapide à la longue crinière",
          'le coureur puissant aux sabots durs',
          "le fier animal de l'écurie",
        ],
        tails: ['qui porte un cavalier', 'qui tire une charrette', 'qui hennit dans le pré'],
        facts: [
          'galope à travers le pré',
          "mange de l'herbe et du foin",
          'peut dormir debout',
          'porte un cavalier sur son dos',
        ],
        forms: ["J'ai quatre longues pattes aux sabots durs.", 'Ma crinière vole dans le vent.'],
      },
      zh: {
        names: ['马儿', '骏马'],
        pronoun: '它',
        heads: ['长鬃毛的快腿动物', '有蹄子的强壮跑手', '住在草棚里的骄傲动物'],
        tails: ['驮着骑手的', '拉大车的', '在草地上嘶叫的'],
        facts: ['在草地上飞奔', '吃青草和干草', '能站着睡觉', '背上驮着骑手'],
        forms: ['我有四条长腿和硬硬的蹄子。', '我的鬃毛在风里飘。'],
      },
    },
  },
  {
    id: 'bee',
    kind: 'animal',
    wording: {
      en: {
        names: ['the bee', 'a bee'],
        pronoun: 'It',
        heads: [
          'the tiny worker with wings',
          'the striped friend of the flowers',
          'the small maker of honey',
        ],
        tails: ['that buzzes from flower to flower', 'that lives in a hive', 'that has a sting'],
        facts: [
          'makes sweet honey',
          'flies from flower to flower',
          'lives with thousands of sisters',
          'builds small rooms of wax',
        ],
        forms: ['I have four thin wings and a sting.', 'My small body has yellow and black stripes.'],
      },
      es: {
        names: ['la abeja', 'una abeja'],
        pronoun: '',
        heads: [
          'la pequeña obrera con alas',
          'la amiga rayada de las flores',
          'la diminuta fabricante de miel',
        ],
        tails: ['que zumba de flor en flor', 'que vive en una colmena', 'que tiene un aguijón'],
        facts: [
          'hace miel dulce',
          'vuela de flor en flor',
          'vive con miles de hermanas',
          'construye celdas pequeñas de cera',
        ],
        forms: ['Tengo cuatro alas finas y un aguijón.', 'Mi pequeño cuerpo tiene rayas amarillas y negras.'],
      },
      fr: {
        names: ["l'abeille", 'une abeille'],
        pronoun: 'Elle',
        heads: ['la petite ouvrière ailée', "l'amie rayée des fleurs", 'la minuscule fabricante de miel'],
        tails: ['qui bourdonne de fleur en fleur', 'qui vit dans une ruche', 'qui a un dard'],
        facts: [
          'fait du miel sucré',
          'vole de fleur en fleur',
          'vit avec des milliers de sœurs',
          'construit de petites chambres de cire',
        ],
        forms: ["J'ai quatre ailes fines et un dard.", 'Mon petit corps a des rayures jaunes et noires.'],
      },
      zh: {
        names: ['蜜蜂', '小蜜蜂'],
        pronoun: '它',
        heads: ['长翅膀的小工人', '身上有条纹的小昆虫', '勤劳的采花昆虫'],
        tails: ['在花丛中嗡嗡叫的', '住在六角形小屋里的', '尾巴上有刺的'],
        facts: ['会做甜甜的蜂蜜', '从一朵花飞到另一朵花', '和几千个姐妹住在一起', '用蜡造小房间'],
        forms: ['我有四片薄薄的翅膀和一根刺。', '我小小的身体有黄黑条纹。'],
      },
    },
  },
];
