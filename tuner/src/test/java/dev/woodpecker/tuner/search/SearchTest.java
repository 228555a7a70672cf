package dev.woodpecker.tuner.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.schedule.Chooser;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What all searches promise, and what the simpler ones find on a landscape with structure. */
class SearchTest {
    private static final List<Long> SEEDS = List.of(1L, 2L, 3L, 4L, 5L);

    static Stream<String> searches() {
        return Searches.names().stream();
    }

    private static Search search(String name, SyntheticSpace space) {
        return Searches.named(name, space.knowledge());
    }

    /** Runs a search until it ends by itself or by its budget. */
    private static SyntheticSpace.Answers run(String name, SyntheticSpace space, int budget, long seed) {
        SyntheticSpace.Answers answers = space.answers(budget);
        try {
            search(name, space).run(space, answers, new SplittableRandom(seed));
        } catch (SearchEnded ended) {
            assertThat(answers.remaining()).isZero();
        }
        return answers;
    }

    @ParameterizedTest
    @MethodSource("searches")
    void theSameSeedAndOutcomesLeadToTheSamePoints(String name) {
        SyntheticSpace space = SyntheticSpace.tiled();
        assertThat(run(name, space, 60, 7).order).isEqualTo(run(name, space, 60, 7).order);
    }

    @ParameterizedTest
    @MethodSource("searches")
    void noPointIsMeasuredTwiceAndTheBudgetIsUsed(String name) {
        SyntheticSpace.Answers answers = run(name, SyntheticSpace.tiled(), 120, 3);
        assertThat(answers.order).hasSize(120).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @MethodSource("searches")
    void aBudgetMayEndAtAnyTrial(String name) {
        SyntheticSpace space = SyntheticSpace.tiled();
        List<Map<String, Long>> all = run(name, space, 40, 11).order;
        for (int budget = 0; budget < 40; budget += 3) {
            assertThat(run(name, space, budget, 11).order).hasSize(budget);
        }
        assertThat(all).hasSize(40);
    }

    @ParameterizedTest
    @MethodSource("searches")
    void everyPointMayFail(String name) {
        SyntheticSpace space = new SyntheticSpace(decisions -> false, decisions -> Double.NaN);
        assertThat(run(name, space, 50, 5).order).hasSize(50);
    }

    @ParameterizedTest
    @MethodSource("searches")
    void everyPointMayBeRejected(String name) {
        SyntheticSpace space = new SyntheticSpace(decisions -> true, decisions -> 1).without("tile.rows");
        SyntheticSpace.Answers answers = space.answers(50);
        search(name, space).run(space, answers, new SplittableRandom(1));
        assertThat(answers.order).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("searches")
    void failuresAndRejectionsAmongOthersDoNotStopIt(String name) {
        SyntheticSpace tiled = SyntheticSpace.tiled();
        SyntheticSpace space = new SyntheticSpace(
                d -> d.get("tile.rows") % 3 == 0,
                d -> d.get("block.channels") == 32
                        ? Double.NaN
                        : tiled.seconds().applyAsDouble(d));
        SyntheticSpace.Answers answers = run(name, space, 100, 2);
        assertThat(answers.order).hasSize(100).noneMatch(d -> d.get("tile.rows") % 3 == 0);
        assertThat(answers.best(100)).isLessThan(Double.POSITIVE_INFINITY);
    }

    @ParameterizedTest
    @MethodSource("searches")
    void aSpaceOfOnePointIsThatPoint(String name) {
        SyntheticSpace space =
                SyntheticSpace.tiled().without("border", "tile.vectors", "tile.rows", "block.rows", "block.channels");
        SyntheticSpace.Answers answers = space.answers(10);
        search(name, space).run(space, answers, new SplittableRandom(1));
        assertThat(answers.order)
                .containsExactly(space.point(Chooser.preferred()).decisionsByName());
    }

    @ParameterizedTest
    @MethodSource("searches")
    void aSmallSpaceIsSeenWhole(String name) {
        SyntheticSpace space = SyntheticSpace.tiled().without("tile.rows", "block.channels");
        Set<Map<String, Long>> all = new HashSet<>();
        new Enumeration(space).forEachRemaining(point -> all.add(point.decisionsByName()));
        SyntheticSpace.Answers answers = space.answers(1000);
        search(name, space).run(space, answers, new SplittableRandom(4));
        assertThat(answers.measured()).isEqualTo(all).hasSizeGreaterThan(30);
    }

    @Test
    void exhaustiveSearchVisitsEachPointOnceInOrder() {
        SyntheticSpace space = SyntheticSpace.tiled();
        SyntheticSpace.Answers answers = run("exhaustive", space, 100_000, 1);
        int points = 0;
        for (int vectors = 1; vectors <= 4; vectors++) {
            for (int rows = 1; rows <= 28 && rows * vectors <= 32; rows++) {
                for (int block = 1; block <= 32 && block * rows <= 112; block *= 2) {
                    // Five blocks of channels, with a border of one kind or of three others.
                    points += 5 * 4;
                }
            }
        }
        assertThat(answers.order).hasSize(points).doesNotHaveDuplicates();
        assertThat(answers.order.getFirst().values()).containsExactly(0L, 1L, 1L, 1L, 16L);
        assertThat(answers.order.get(1).values()).containsExactly(0L, 1L, 1L, 1L, 32L);
    }

    /** The geometric mean over seeds of the best time in so many trials. */
    private static double best(String name, int trials) {
        double sum = 0;
        for (long seed : SEEDS) {
            sum += Math.log(run(name, SyntheticSpace.tiled(), trials, seed).best(trials));
        }
        return Math.exp(sum / SEEDS.size());
    }

    @Test
    void geneticSearchFindsBetterPointsThanRandomSearch() {
        assertThat(best("genetic", 200)).isLessThan(0.98 * best("random", 200));
    }

    @Test
    void defaultSearchIsAheadOfTheOthersAtAnyTime() {
        assertThat(best("default", 16)).isLessThan(best("random", 16));
        assertThat(best("default", 64)).isLessThan(0.97 * best("random", 64));
        assertThat(best("default", 64)).isLessThan(best("genetic", 64));
        // The formula's best is a thousandth of a second.
        assertThat(best("default", 120)).isLessThan(1.03e-3);
    }

    @Test
    void defaultSearchTriesWhatWasGoodForOtherKernelsFirst() {
        SyntheticSpace space = SyntheticSpace.tiled();
        Knowledge knowledge = space.knowledge();
        Map<String, Long> seed = Map.of("tile.vectors", 3L, "tile.rows", 9L, "block.channels", 100L);
        SyntheticSpace.Answers answers = space.answers(2);
        Search search = Searches.named(
                "default",
                new Knowledge(
                        knowledge.task(),
                        knowledge.shape(),
                        knowledge.featurizer(),
                        knowledge.analytic(),
                        knowledge.learned(),
                        List.of(seed)));
        assertThatThrownBy(() -> search.run(space, answers, new SplittableRandom(1)))
                .isInstanceOf(SearchEnded.class);
        assertThat(answers.order.get(1))
                .containsEntry("tile.vectors", 3L)
                .containsEntry("tile.rows", 9L)
                .containsEntry("block.channels", 128L);
    }

    @Test
    void anUnknownNameIsAnsweredWithThoseThatThereAre() {
        assertThatThrownBy(
                        () -> Searches.named("annealing", SyntheticSpace.tiled().knowledge()))
                .hasMessageContaining("annealing")
                .hasMessageContaining("default, exhaustive, genetic, random, reinforce");
    }
}
