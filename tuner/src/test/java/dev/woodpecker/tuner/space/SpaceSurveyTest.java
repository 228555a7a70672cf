package dev.woodpecker.tuner.space;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.call.KernelCall;
import dev.woodpecker.runtime.call.KernelIndex;
import dev.woodpecker.tuner.search.Enumeration;
import dev.woodpecker.tuner.task.SearchSpace;
import dev.woodpecker.tuner.task.TuningTask;
import dev.woodpecker.tuner.task.Variant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SpaceSurveyTest {
    private static TuningTask task(String operator, String... pairs) {
        KernelCall call = KernelCall.of(
                KernelIndex.of(SpaceSurveyTest.class.getClassLoader()).find(operator), List.of(pairs));
        return new TuningTask(
                operator,
                operator,
                List.of(new Variant("only", call.program())),
                Target.parse("cpu:x86-64-v3"),
                Numerics.FP32,
                Map.of(),
                Set.of(),
                1,
                false);
    }

    @Test
    void aSmallSpaceIsCounted() {
        TuningTask task = task("MatMul", "a=8x8", "b=8x8");
        SpaceSurvey survey = SpaceSurvey.of(task, 50, new Random(1)).getFirst();
        int points = 0;
        for (Enumeration all = new Enumeration(SearchSpace.of(task)); all.hasNext(); all.next()) {
            points++;
        }
        assertThat(survey.size()).isEqualTo(new SpaceSurvey.Size(points, true));
    }

    @Test
    void choicesHaveTheirValuesAndTheDefaultIsAmongThem() {
        SpaceSurvey survey = SpaceSurvey.of(task("MatMul", "a=128x128", "b=128x128"), 50, new Random(1))
                .getFirst();
        assertThat(survey.choices())
                .hasSizeGreaterThan(1)
                .allSatisfy(choice -> assertThat(choice.values()).isNotEmpty());
        assertThat(survey.choices())
                .filteredOn(choice -> choice.preferred().isPresent())
                .isNotEmpty()
                .allSatisfy(choice ->
                        assertThat(choice.values()).contains(choice.preferred().orElseThrow()));
    }

    @Test
    void theRulesLeadToKernelsThatTheVerifierAccepts() {
        SpaceSurvey survey = SpaceSurvey.of(task("MatMul", "a=33x17", "b=17x40"), 40, new Random(1))
                .getFirst();
        assertThat(survey.refused())
                .filteredOn(refusal -> refusal.by().equals("verifier"))
                .isEmpty();
    }
}
