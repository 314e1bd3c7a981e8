"""Two words of a pseudonym. Nothing that is somebody's given name, a word about people, or an illness."""

from assessments.peer.words.lexicons import words

ADJECTIVES = words(
    """
    Agile Airy Alpine Amiable Azure Balmy Beaming Blithe Boreal Brave Breezy Bright Brisk Bronze Buoyant Calm
    Candid Cerulean Cheerful Civic Clear Clever Cobalt Coastal Composed Copper Cordial Cosmic Crimson Crisp
    Curious Cyan Dancing Dappled Daring Dazzling Deft Dewy Diligent Distant Drifting Eager Early Earnest Easy
    Eastern Emerald Evergreen Fabled Famous Festive Fleet Floating Forest Frank Fresh Friendly Frosted
    Generous Gentle Gilded Glad Gleaming Glowing Golden Graceful Grand Green Hardy Harbour Helpful Hopeful
    Humble Indigo Inland Jolly Jovial Keen Kind Leafy Lilting Lively Lofty Loyal Lucid Lucky Lunar Luminous
    Magenta Maroon Mellow Merry Mindful Minty Modest Morning Mossy Mountain Musical Navy Neat Nimble Noble
    Northern Novel Orange Peaceful Pewter Placid Plucky Polar Polished Prompt Proud Purple Quick Quiet
    Radiant Ready Restful River Roaming Robust Rolling Russet Sapphire Serene Shining Silent Silken Silver
    Singing Smooth Snowy Soaring Solar Southern Sparkling Spirited Spring Stately Steady Stellar Tawny Teal
    Thoughtful Tidal Tidy Topaz Tranquil Trusty Turquoise Upbeat Velvet Vernal Vivid Wandering Warm Western
    Willing Windy Winged Wise Witty Woodland Zesty
    """
)

BIRDS_AND_TREES = words(
    """
    Albatross Avocet Barbet Bittern Bluebird Bowerbird Bulbul Bunting Buzzard Cardinal Chaffinch Chickadee
    Chiffchaff Condor Cormorant Corncrake Crane Curlew Dipper Dotterel Dove Drongo Dunlin Dunnock Eagle Egret Eider
    Falcon Fieldfare Finch Firecrest Flamingo Flycatcher Gannet Goldcrest Goldeneye Goldfinch Goshawk Grebe
    Greenfinch Greenshank Grosbeak Grouse Guillemot Harrier Hawk Heron Hobby Honeyeater Hoopoe Hornbill
    Hummingbird Ibis Junco Kestrel Kingfisher Kinglet Kite Kittiwake Kookaburra Lapwing Lark Linnet Longspur
    Lorikeet Lyrebird Macaw Mallard Manakin Meadowlark Moorhen Motmot Mockingbird Nightingale Nuthatch
    Oriole Osprey Ouzel Owl Oystercatcher Parakeet Parrot Partridge Pelican Penguin Petrel Pheasant Pintail
    Pipit Plover Pochard Ptarmigan Puffin Quail Quetzal Redpoll Redshank Redstart Roadrunner Roller Sanderling
    Sandpiper Scoter Serin Shearwater Shelduck Shoveler Siskin Skylark Snipe Sparrow Spoonbill
    Starling Stilt Stonechat Stork Sunbird Swan Swift Tanager Tern Toucan Treecreeper Turaco Turnstone
    Vireo Wagtail Warbler Waxwing Weaver Wheatear Whimbrel Whinchat Wigeon Woodpecker Yellowhammer
    Acacia Alder Almond Apple Aspen Bamboo Banyan Baobab Birch Cedar Cherry Chestnut Cypress
    Elm Eucalyptus Fir Hawthorn Hickory Hornbeam Jacaranda Juniper Larch Lime
    Magnolia Mahogany Mango Maple Medlar Mulberry Oak Palm Pear Pecan Pine Plane Plum Poplar Quince Redwood
    Sequoia Spruce Sycamore Tamarack Tamarind Teak Tulip Walnut Whitebeam Yew
    """
)
