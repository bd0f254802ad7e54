import type { Concept } from '../concept.ts';

/** Foods to enjoy: chocolate, cheese and the apple. */
export const TREAT_FOODS: readonly Concept[] = [
  {
    id: 'chocolate',
    kind: 'food',
    wording: {
      en: {
        names: ['the chocolate', 'a piece of chocolate'],
        pronoun: 'It',
        heads: ['the sweet brown treat', 'the treat of cocoa and sugar', 'the dark treat in shiny paper'],
        tails: ['that comes from cocoa beans', 'that melts in your hand', 'that is broken off a bar'],
        facts: [
          'is made from cocoa beans',
          'melts in a warm hand',
          'tastes sweet and a little bitter',
          'is sold in bars',
        ],
        forms: ['I am brown and smooth and melt in the sun.', 'My body is a flat bar of small squares.'],
      },
      es: {
        names: ['el chocolate', 'un trozo de chocolate'],
        pronoun: '',
        heads: ['el dulce marrón', 'el dulce de cacao y azúcar', 'el dulce oscuro en papel brillante'],
        tails: [
          'que viene de las semillas de cacao',
          'que se derrite en la mano',
          'que se parte de una tableta',
        ],
        facts: [
          'se hace con semillas de cacao',
          'se derrite en una mano caliente',
          'sabe dulce y un poco amargo',
          'se vende en tabletas',
        ],
        forms: [
          'Soy marrón y liso y me derrito bajo el sol.',
          'Mi cuerpo es una tableta plana de cuadritos.',
        ],
      },
      fr: {
        names: ['le chocolat', 'un morceau de chocolat'],
        pronoun: 'Il',
        heads: [
          'le délice brun et sucré',
          'le délice de cacao et de sucre',
          'le délice sombre dans un papier brillant',
        ],
        tails: ['qui vient des fèves de cacao', 'qui fond dans la main', "que l'on casse d'une tablette"],
        facts: [
          'est fait avec des fèves de cacao',
          'fond dans une main chaude',
          'a un goût sucré et un peu amer',
          'se vend en tablettes',
        ],
        forms: [
          'Je suis brun et lisse et je fonds au soleil.',
          'Mon corps est une tablette plate de petits carrés.',
        ],
      },
      zh: {
        names: ['巧克力', '一块巧克力'],
        pronoun: '它',
        heads: ['棕色的甜食', '可可和糖做的甜食', '包在亮纸里的深色甜食'],
        tails: ['来自可可豆的', '在手心里融化的', '可以一格一格掰开的'],
        facts: ['是用可可豆做的', '在热手里会融化', '又甜又有一点苦', '常做成一排一排卖'],
        forms: ['我是棕色的，很光滑，在太阳下会融化。', '我的身体扁扁的，有许多小方格。'],
      },
    },
  },
  {
    id: 'cheese',
    kind: 'food',
    wording: {
      en: {
        names: ['the cheese', 'a piece of cheese'],
        pronoun: 'It',
        heads: [
          'the yellow food from the cellar',
          'the salty food with a strong smell',
          'the food in a round wheel',
        ],
        tails: ['that is full of holes', 'that mice steal in stories', 'that melts on a pizza'],
        facts: [
          'is made from milk',
          'ripens slowly in a cellar',
          'melts on a hot pizza',
          'often smells strong',
        ],
        forms: ['I am yellow and full of holes.', 'My body is a round wheel with a hard rind.'],
      },
      es: {
        names: ['el queso', 'un trozo de queso'],
        pronoun: '',
        heads: [
          'el alimento amarillo de la bodega',
          'el alimento salado de olor fuerte',
          'el alimento con forma de rueda',
        ],
        tails: [
          'que está lleno de agujeros',
          'que los ratones roban en los cuentos',
          'que se derrite sobre una pizza',
        ],
        facts: [
          'se hace con leche',
          'madura despacio en una bodega',
          'se derrite sobre una pizza caliente',
          'a menudo huele fuerte',
        ],
        forms: ['Soy amarillo y estoy lleno de agujeros.', 'Mi cuerpo es una rueda de corteza dura.'],
      },
      fr: {
        names: ['le fromage', 'un morceau de fromage'],
        pronoun: 'Il',
        heads: ["l'aliment jaune de la cave", "l'aliment salé à l'odeur forte", "l'aliment en forme de roue"],
        tails: ['qui est plein de trous', 'que les souris volent dans les contes', 'qui fond sur une pizza'],
        facts: [
          'est fait avec du lait',
          'mûrit lentement dans une cave',
          'fond sur une pizza chaude',
          'sent souvent fort',
        ],
        forms: ['Je suis jaune et plein de trous.', 'Mon corps est une roue à la croûte dure.'],
      },
      zh: {
        names: ['奶酪', '一块奶酪'],
        pronoun: '它',
        heads: ['地窖里的黄色食物', '气味很浓的咸食物', '像车轮一样的食物'],
        tails: ['到处是小洞的', '故事里老鼠爱偷的', '在披萨上融化的'],
        facts: ['是用牛奶做的', '在地窖里慢慢成熟', '在热披萨上融化', '常常气味很浓'],
        forms: ['我是黄色的，身上有很多小洞。', '我的身体像车轮，外皮很硬。'],
      },
    },
  },
  {
    id: 'apple',
    kind: 'food',
    wording: {
      en: {
        names: ['the apple', 'an apple'],
        pronoun: 'It',
        heads: ['the round crunchy fruit', 'the red fruit', 'the sweet fruit with a short stem'],
        tails: [
          'that is pressed into cider',
          'that falls from the tree in autumn',
          'that hides brown seeds in its core',
        ],
        facts: [
          'grows on a tree',
          'is red, green or yellow',
          'is picked in autumn',
          'has small brown seeds inside',
        ],
        forms: ['I am round and have a smooth red skin.', 'There are small brown seeds in my core.'],
      },
      es: {
        names: ['la manzana', 'una manzana'],
        pronoun: '',
        heads: ['la fruta redonda y crujiente', 'la fruta roja', 'la fruta dulce de tallo corto'],
        tails: [
          'que se prensa para hacer sidra',
          'que cae del árbol en otoño',
          'que esconde semillas marrones en su centro',
        ],
        facts: [
          'crece en un árbol',
          'es roja, verde o amarilla',
          'se recoge en otoño',
          'tiene pequeñas semillas marrones dentro',
        ],
        forms: ['Soy redonda y tengo una piel roja y lisa.', 'Hay pequeñas semillas marrones en mi centro.'],
      },
      fr: {
        names: ['la pomme', 'une pomme'],
        pronoun: 'Elle',
        heads: [
          'la boule croquante du verger',
          'la petite boule rouge à croquer',
          'la douceur ronde à la queue courte',
        ],
        tails: [
          "que l'on presse pour faire du cidre",
          "qui tombe de l'arbre en automne",
          'qui cache des pépins bruns dans son cœur',
        ],
        facts: [
          'pousse sur un arbre',
          'est rouge, verte ou jaune',
          'se cueille en automne',
          "a de petits pépins bruns à l'intérieur",
        ],
        forms: [
          "Je suis ronde et j'ai une peau rouge et lisse.",
          'Il y a de petits pépins bruns dans mon cœur.',
        ],
      },
      zh: {
        names: ['苹果', '一个苹果'],
        pronoun: '它',
        heads: ['又圆又脆的水果', '红色的水果', '短柄的甜水果'],
        tails: ['可以榨汁做西打酒的', '秋天从树上落下的', '中心藏着棕色小籽的'],
        facts: ['长在树上', '有红的、绿的或黄的', '在秋天采摘', '里面有棕色的小籽'],
        forms: ['我圆圆的，有光滑的红皮。', '我的中心有棕色的小籽。'],
      },
    },
  },
];
