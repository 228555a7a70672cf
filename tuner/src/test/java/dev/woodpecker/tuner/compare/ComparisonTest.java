package dev.woodpecker.tuner.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.tuner.cost.AnalyticModel;
import dev.woodpecker.tuner.cost.Featurizer;
import dev.woodpecker.tuner.measure.Measurer;
import dev.woodpecker.tuner.measure.Outcome;
import dev.woodpecker.tuner.search.Enumeration;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import dev.woodpecker.tuner.task.TuningTask;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

/** Searches on landscapes of a real space, with times from a formula. */
class ComparisonTest {
    private static final Target TARGET = Target.parse("cpu:x86-64-v4");
    private static final ComparisonKernel PRODUCT = new ComparisonKernel("product", "MatMul", "a=96x64 b=64x64");
    private static final int POINTS = 60;
    private static final Landscape LANDSCAPE =
            LandscapeRecording.record(PRODUCT, TARGET, "a formula", POINTS, new Formula(), message -> {});

    /** The analytic model, wrong by up to a third; one candidate crashes. */
    private static final class Formula implements Measurer {
        @Override
        public List<Outcome> measure(TuningTask task, List<Point> points) {
            Featurizer featurizer = Featurizer.of(task);
            return points.stream().map(point -> outcome(featurizer, point)).toList();
        }

        private static Outcome outcome(Featurizer featurizer, Point point) {
            var decisions = point.decisionsByName();
            if (decisions.get("out.tile.rows") == 1 && decisions.get("out.tile.vectors") == 1) {
                return new Outcome.Failed(Outcome.Failure.CRASH, "signal 11");
            }
            double wrong = 1 + new SplittableRandom(decisions.hashCode()).nextDouble() / 3;
            return new Outcome.Timed(Distribution.of(wrong
                    * new AnalyticModel(TARGET)
                            .seconds(featurizer.features(point).orElseThrow())));
        }

        @Override
        public void close() {}
    }

    private static Set<Map<String, Long>> all(SearchSpace space) {
        Set<Map<String, Long>> found = new HashSet<>();
        new Enumeration(space).forEachRemaining(point -> found.add(point.decisionsByName()));
        return found;
    }

    @Test
    void aThinnedSpaceIsSmallEnoughAndHasThePreferredPoint() {
        SearchSpace whole = SearchSpace.of(PRODUCT.task(TARGET));
        assertThat(all(whole)).hasSizeGreaterThan(POINTS);
        ThinnedSpace thinned = ThinnedSpace.of(whole, POINTS);
        List<Point> points = new ArrayList<>();
        new Enumeration(thinned).forEachRemaining(points::add);
        assertThat(points.stream().filter(p -> p.result() instanceof SpacePoint.Scheduled))
                .hasSizeBetween(POINTS / 2, POINTS);
        assertThat(all(whole)).containsAll(all(thinned));
        assertThat(all(thinned)).contains(whole.point(Chooser.preferred()).decisionsByName());
    }

    @Test
    void everyWayThroughALandscapeEndsAtARecordedPoint() {
        Set<Map<String, Long>> recorded =
                LANDSCAPE.entries().stream().map(Landscape.Entry::decisions).collect(Collectors.toSet());
        assertThat(all(LANDSCAPE)).isEqualTo(recorded);
        assertThat(LANDSCAPE.point(Chooser.preferred()).decisionsByName())
                .isEqualTo(SearchSpace.of(PRODUCT.task(TARGET))
                        .point(Chooser.preferred())
                        .decisionsByName());
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 100; i++) {
            Point point = LANDSCAPE.point(
                    choice -> choice.domain().get(random.nextInt(choice.domain().size())));
            assertThat(recorded).contains(point.decisionsByName());
        }
    }

    @Test
    void aLandscapeIsReadAsItWasWritten(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("landscapes.jsonl");
        Files.write(file, LandscapeFile.lines(LANDSCAPE));
        Landscape read = LandscapeFile.read(file).getFirst();
        assertThat(LandscapeFile.lines(read)).isEqualTo(LandscapeFile.lines(LANDSCAPE));
        assertThat(read.entries()).hasSameSizeAs(LANDSCAPE.entries());
        assertThat(read.bestSeconds()).isCloseTo(LANDSCAPE.bestSeconds(), within(1e-4));
        assertThat(read.entries())
                .anyMatch(entry -> entry.outcome() instanceof Outcome.Failed(var failure, var reason)
                        && failure == Outcome.Failure.CRASH
                        && reason.equals("signal 11"));
    }

    private static org.assertj.core.data.Percentage within(double share) {
        return org.assertj.core.data.Percentage.withPercentage(100 * share);
    }

    @Test
    void aLineThatIsNoneIsNamed(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("landscapes.jsonl");
        List<String> lines = new ArrayList<>(LandscapeFile.lines(LANDSCAPE));
        lines.set(2, lines.get(2).substring(0, 20));
        Files.write(file, lines);
        assertThatThrownBy(() -> LandscapeFile.read(file))
                .hasMessageContaining("line 3")
                .hasMessageContaining("--record");
    }

    @Test
    void aComparisonIsATableAPlotAndWhatItShows() throws Exception {
        Comparison comparison = Comparison.run(List.of(LANDSCAPE), 40, 3, message -> {});
        ComparisonTable table = new ComparisonTable(comparison);
        assertThat(table.lines()).hasSize(2 + Comparison.SEARCHES.size()).allMatch(line -> line.startsWith("| "));
        assertThat(table.lines().getFirst()).contains("after 16").doesNotContain("after 64");
        for (String search : Comparison.SEARCHES) {
            Comparison.Result result = comparison.result(LANDSCAPE, search);
            assertThat(result.relative()).hasSize(3).allSatisfy(curve -> {
                assertThat(curve).hasSize(40);
                assertThat(curve.getLast()).isBetween(1.0, curve.getFirst());
            });
        }
        assertThat(comparison.result(LANDSCAPE, "default").after(40).median()).isLessThan(1.05);
        assertThat(table.bars()).hasSize(3);
        String svg = new ComparisonPlot(comparison).svg();
        var document =
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
        assertThat(document.getElementsByTagName("g").getLength()).isEqualTo(1);
        assertThat(svg).contains(">product<").contains(">reinforce<").doesNotContain("NaN");
    }

    @Test
    void theSameSeedsGiveTheSameCurves() {
        assertThat(new ComparisonTable(Comparison.run(List.of(LANDSCAPE), 24, 2, message -> {})).lines())
                .isEqualTo(new ComparisonTable(Comparison.run(List.of(LANDSCAPE), 24, 2, message -> {})).lines());
    }

    @Test
    void modelsAreJudgedByTheOrderOfWhatTheyHaveNotSeen() {
        List<String> lines = ModelExperiment.lines(List.of(LANDSCAPE));
        assertThat(lines).hasSize(3);
        double analytic = Double.parseDouble(lines.get(2).split("\\|")[2].strip());
        assertThat(analytic).isGreaterThan(0.7);
    }

    @Test
    void theKernelsToTrainOnAreNoneToCompareOn() {
        Set<String> compared =
                ComparisonKernel.ALL.stream().map(ComparisonKernel::call).collect(Collectors.toSet());
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 200; i++) {
            assertThat(compared).doesNotContain(PolicyTraining.kernel(i, random).call());
        }
    }

    @Test
    void ranksCorrelateByOrderAlone() {
        assertThat(RankCorrelation.of(new double[] {1, 2, 3, 4}, new double[] {10, 20, 25, 1000}))
                .isEqualTo(1);
        assertThat(RankCorrelation.of(new double[] {1, 2, 3}, new double[] {3, 2, 1}))
                .isEqualTo(-1);
        assertThat(RankCorrelation.of(new double[] {1, 1, 2, 2}, new double[] {1, 2, 1, 2}))
                .isZero();
        assertThat(RankCorrelation.of(new double[] {1, 1, 1}, new double[] {1, 2, 3}))
                .isZero();
    }
}
