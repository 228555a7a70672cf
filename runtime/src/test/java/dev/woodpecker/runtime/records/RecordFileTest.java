package dev.woodpecker.runtime.records;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordFileTest {
    @TempDir
    Path directory;

    private RecordFile file() {
        return new RecordFile(directory.resolve("new/records.jsonl"));
    }

    private static List<String> warningsOf(Runnable action) {
        List<String> warnings = new ArrayList<>();
        Logger logger = Logger.getLogger(RecordFile.class.getName());
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                warnings.add(record.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.addHandler(handler);
        try {
            action.run();
        } finally {
            logger.removeHandler(handler);
        }
        return warnings;
    }

    @Test
    void whatIsAppendedIsReadAgainEqual() {
        TuningRecord timed = TestRecords.timed(TestRecords.key(3), "direct", 1.25e-3, true);
        TuningRecord failed = TestRecords.failed(TestRecords.key(4));
        file().append(timed);
        file().append(failed);
        assertThat(file().read()).containsExactly(timed, failed);
        assertThat(file().read().getFirst().schedule()).isEqualTo(TestRecords.trace());
    }

    @Test
    void aFileThatIsNotThereHasNoRecords() {
        assertThat(file().read()).isEmpty();
    }

    @Test
    void aLineThatCannotBeReadCostsThatLineAloneAndOneWarning() throws Exception {
        file().append(TestRecords.timed(TestRecords.key(1), "direct", 1, false));
        String future = RecordJson.print(TestRecords.timed(TestRecords.key(1), "direct", 2, false))
                .replace("{\"v\":1,", "{\"v\":2,");
        for (String line : List.of("# of another program", future, "{\"v\":1}", "[1, 2", "{\"v\":1,\"kernel\":[]}")) {
            Files.writeString(file().path(), line + "\n", StandardOpenOption.APPEND);
        }
        file().append(TestRecords.timed(TestRecords.key(2), "direct", 3, false));
        List<TuningRecord> read = new ArrayList<>();
        List<String> warnings = warningsOf(() -> read.addAll(file().read()));
        assertThat(read).extracting(TuningRecord::medianSeconds).containsExactly(1.0, 3.0);
        assertThat(warnings)
                .singleElement()
                .asString()
                .startsWith(file().path() + ":2: ")
                .endsWith("the line is skipped, and 4 more like it");
    }

    @Test
    void aVersionThatThisProgramDoesNotKnowIsNamed() {
        assertThatThrownBy(() -> RecordJson.parse("{\"v\":7}"))
                .hasMessage("a record of version 7; this program reads version 1");
    }

    @Test
    void aTornLineDoesNotTearTheNext() throws Exception {
        file().append(TestRecords.timed(TestRecords.key(1), "direct", 1, false));
        byte[] line = RecordJson.print(TestRecords.timed(TestRecords.key(1), "direct", 2, false))
                .getBytes(StandardCharsets.UTF_8);
        Files.write(file().path(), java.util.Arrays.copyOf(line, line.length / 2), StandardOpenOption.APPEND);
        file().append(TestRecords.timed(TestRecords.key(1), "direct", 3, false));
        assertThat(file().read()).extracting(TuningRecord::medianSeconds).containsExactly(1.0, 3.0);
    }

    /** Each through a file object of its own; whole lines only, and none lost. */
    @Test
    void severalMayWriteAtOnce() throws Exception {
        int writers = 4;
        int lines = 25;
        try (ExecutorService threads = Executors.newFixedThreadPool(writers)) {
            List<Callable<Integer>> work = new ArrayList<>();
            for (int writer = 0; writer < writers; writer++) {
                RecordFile own = file();
                int base = writer * lines;
                work.add(() -> {
                    for (int i = 0; i < lines; i++) {
                        own.append(TestRecords.timed(TestRecords.key(base + i), "direct", base + i + 1, false));
                    }
                    return lines;
                });
            }
            for (var done : threads.invokeAll(work)) {
                assertThat(done.get()).isEqualTo(lines);
            }
        }
        assertThat(warningsOf(() -> file().read())).isEmpty();
        assertThat(file().read().stream().map(TuningRecord::medianSeconds).distinct())
                .hasSize(writers * lines);
    }

    @Test
    void aFullDiskIsAnErrorThatNamesTheFile() {
        Path full = Path.of("/dev/full");
        Assumptions.assumeTrue(Files.isWritable(full), "there is no " + full);
        assertThatThrownBy(() -> new RecordFile(full).append(TestRecords.failed(TestRecords.key(1))))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageStartingWith("the records /dev/full cannot be written: ")
                .hasMessageContaining("--records");
    }

    @Test
    void aFileIsReplacedInOneStep() {
        file().append(TestRecords.failed(TestRecords.key(1)));
        TuningRecord kept = TestRecords.timed(TestRecords.key(2), "direct", 1, true);
        file().replace(List.of(kept));
        assertThat(file().read()).containsExactly(kept);
        assertThat(directory.resolve("new").toFile().list()).containsExactly("records.jsonl");
    }
}
