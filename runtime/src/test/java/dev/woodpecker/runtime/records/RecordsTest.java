package dev.woodpecker.runtime.records;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.woodpecker.runtime.toolchain.Environment;
import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RecordsTest {
    private static final RecordKey KEY = TestRecords.key(64);

    @Test
    void theFastestOfTheConfirmedIsTheBest() {
        Records records = Records.of(List.of(
                TestRecords.failed(KEY),
                TestRecords.timed(KEY, "lucky", 1, false),
                TestRecords.timed(KEY, "second", 3, true),
                TestRecords.timed(KEY, "first", 2, true),
                TestRecords.timed(TestRecords.key(65), "other", 0.1, true)));
        assertThat(records.best(KEY)).extracting(TuningRecord::variant).containsExactly("first", "second", "lucky");
        assertThat(records.all(KEY)).hasSize(4);
    }

    @Test
    void theNearestAreOfTheSameStructureByRatioOfExtents() {
        RecordKey elsewhere =
                new RecordKey("kernel", "other structure", KEY.shapes(), Map.of(), List.of(), "fp32", KEY.device(), 1);
        Records records = Records.of(List.of(
                TestRecords.timed(TestRecords.key(256), "far", 1, true),
                TestRecords.timed(TestRecords.key(32), "near", 1, true),
                TestRecords.timed(elsewhere, "foreign", 1, true),
                TestRecords.timed(KEY, "itself", 1, true)));
        List<Records.Near> nearest = records.nearest(KEY, 5);
        assertThat(nearest).extracting(near -> near.record().variant()).containsExactly("near", "far");
        // Input and output: a factor of 2 each, and of 4.
        assertThat(nearest.get(0).distance()).isCloseTo(2, within(1e-9));
        assertThat(nearest.get(1).distance()).isCloseTo(4, within(1e-9));
    }

    @Test
    void keysSayInWhichFieldsTheyDiffer() {
        RecordKey other = new RecordKey(
                KEY.kernel(), KEY.structure(), KEY.shapes(), KEY.layouts(), KEY.constants(), "strict", KEY.device(), 4);
        assertThat(KEY.differences(other)).containsExactly("numerics: strict, not fp32", "threads: 4, not 1");
        assertThat(KEY.differences(KEY)).isEmpty();
    }

    @Test
    void theEnvironmentNamesFiles() {
        Environment environment = new Environment(Map.of("WPK_RECORDS", "a.jsonl" + File.pathSeparator + "b.jsonl"));
        assertThat(Records.files(environment)).containsExactly(Path.of("a.jsonl"), Path.of("b.jsonl"));
    }
}
