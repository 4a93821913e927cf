"""Names that are ordinary words as well: by themselves, they name nobody."""

from __future__ import annotations

from typing import Final

COMMON_NAMES: Final = {
    "en": frozenset(
        """ale amber angel ante april art ash aura aurora autumn baptist basil bay beat berry bill bishop bliss blue
        brandy bridge brook buck buddy bud can case cash cat chance charity charm chase chastity cherry claude clay
        cliff clover colt coral cord corona crystal curry dandy dash dawn day dean del delta denver destiny dewey
        diamond dick dolly don dot drake drew duke earl ebony echo eden edit else ember emerald eve ever faith fanny
        fern flint flora forest ford forever fox frank gale gay gem gene genesis gentry ginger glory golden grace
        grant gray green grit guy hale happy hardy harm harmony haven heath heather heaven henna honesty honey hope
        house hunter ida ivory jade jasper jenkins jewel job jolly journey joy judge kay nee june justice justus kale
        karma kit lake lane lark lean liberty lime line lotus love lucky lynx maple marine mark mars marshal mat mats
        max may melody mercy merit merry mentor meta mile miles mint misty moon noble norm north nova oak ocean olive
        opal pace page paisley pansy park pastor pat patience pearl peer penny pepper petal pierce poppy porter prince
        princess promise prudence rain ransom raven ray red reed reign rich river robin rocky roger roman rose rowan
        ruby rusty sage sailor said sandy scout serene serenity sherry shepherd sierra silver skip sky sol sonny star
        sterling stew stone storm sue summer sunny sunshine tab tea temple terra than thai the thyme tiger till trace
        trinity unique unity urban valentine van velvet victory viola violet ward wave west will willow win winter
        wolf woody wren young zen alexa siri long so an my do in ty min sun soon ok song wing bin data sung sing lay
        ho america france german come isis concha che lore nacho philippine loan apollo kelvin atlas""".split()
    ),
    "de": frozenset(
        """alba ami an april art august ben beat bill blum can christ die du edit elf else engel enter ernst erst fee
        franke freia friede frieden fritz gala gloria gut hart heide helle herz kaiser klein kobold koch konig kraft
        kunst lang lange lau lean lene liebe lilie line linde lis luna lux mai mark marine mats mehr meta mina minna
        mond nike nun ost peer per reich rose rosa rosi rot ruhe schatz sei sommer sonne stein stern tag tea toll treu
        udo ulme urban van viola vogel wald wanda weise will winter wolf wolke wunder zart zeit senta rune man so den
        sehr eben aber ab ali sabbat salz""".split()
    ),
    "es": frozenset(
        """abril adoracion africa agosto ale alegria alma alta amable amada amado amar ambar amor amparo angel
        anunciacion armando ascension asta asuncion aura azahar azucena bella benigno bienvenida blanca blanco bueno
        can candela candida candido caridad casta celeste che clara claro clemente concepcion concha consuelo coral
        corona cristal cristiano cristiana cruz custodia custodio dale dalia dejan del delfin digna divina domingo don
        drago dulce ella encarnacion esmeralda esperanza estrella evita fe felicidad feliz flor flores campos torres fuentes iglesias rios rojas franca franco
        gala galo generoso gentil gracia guerra hermosa hortensia ida inmaculada inocencia ira jade jara jazmin julio
        junio justa justo leal lean leo leon leona libertad linda lirio luna luz mano mar marca marcial marco marino
        martirio mato maxima maximo mayo meta mijo milagros mina mira miran modesta modesto morena moreno musa nada
        natividad nieves norma oda ole oliva oro paca paciencia pacifica palma pastor pastora paz perla pero piedad
        pilar pio placido presentacion primavera primitivo prudencia purificacion rana real regina regula reina
        remedios reto rey reyes ria rico ricos rio roca romana romano romero ron rosa sal salud salvador santa santo
        santos sean serena severo sierra silvestre sol soledad socorro tea tecla tino toro trinidad urbano valiente
        van victoria violeta virtudes vive clavel fuente ali""".split()
    ),
    "fr": frozenset(
        """aime aimee ali ambre ange art avril ben bien blanche bonheur brune capucine celeste cerise claire colombe
        constance desire desiree douce espoir fleur flore franc france gala honore jade juin juste la leger line lune
        lys marine mars mercredi mine nuage oceane olive paix parfait perle perrine pomme prudence rose rosier sol
        soleil tous van vermeil victoire violette paris eden an ami mai roman reine sage dorine elle patience cat""".split()
    ),
    "pt": frozenset(
        """abril adora africa ali alma alta amada amado amar amor anel aparecida aurora bela boa branca caio celeste cem
        clara claro coral cristal cruz dalia delia del dom domingo domingos dores ela esperanca estrela evita fe feliz
        flor franca franco gala galo gene gentil gloria graca ida ira iris jade justa justo lance leal leao leia lia
        linda luz mar marco maio meta mina mira moreno morena mijo nada neve nele nela ouro paz perla pero pia pilar
        reza rei reis regula rena ria rica rico rosa rosario sal salvador santa santo santos senta serena sol sou tara
        tecla til tino van violeta vitoria viva vem tome prudencia mercedes leve""".split()
    ),
}
"""Names in small letters without accents that are rather words in a language. Months are among them."""
HARDLY_NAMES: Final = frozenset(
    """will may can said else mark hope van die del pero nada ella ela an per do so than the till don long my in art so
        man den mira ali mar sol ben ante love line young data summer bill""".split()
)
"""Those of them that are so common that a word before them tells little."""
MAINLY_PLACES: Final = frozenset(
    """africa alexandria america asia berlin brooklyn cleveland columbia dakota dallas damascus denver dublin france
        georgia geneva holland houston india israel jamaica jordan kenya lincoln london madrid milan montana nevada
        odessa orlando paris salvador santiago savannah sydney tennessee valencia vienna virginia washington york wien
        carolina genova""".split()
)
"""Names that are rather places: by themselves they are nobody."""
PLACES: Final = MAINLY_PLACES | frozenset(
    """adelaide austin bristol charlotte chelsea chester eden essen florence florida francisco hagen hamilton hannover
        indiana jackson kent lancaster lima lorena lourdes madison merida peyton phoenix sofia vitoria victoria celle
        siegen diego antonio jose domingo cordoba leon guadalupe cruz maria aurora passau""".split()
)
"""Names that are places as well: after a preposition of place they are nobody."""
PLACE_BEFORE: Final = frozenset(
    """in near around at san santa st saint sankt sao new south north west east lake fort port los las nach aus en
        desde hacia vers depuis em ate""".split()
)
SAINTS: Final = frozenset("""san santa st saint sankt sao new fort port lake los las""".split())
"""What makes a place's name of any name."""
CALENDAR: Final = frozenset(
    """january february march april may june july august september october november december januar februar marz mai
        juni juli oktober dezember enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre
        diciembre janvier fevrier mars avril juin juillet aout septembre octobre novembre decembre janeiro fevereiro
        marco maio junho julho setembro outubro novembro dezembro monday tuesday wednesday thursday friday saturday
        sunday montag dienstag mittwoch donnerstag freitag samstag sonntag english german spanish french portuguese""".split()
)
