package dev.woodpecker.runtime.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NativeMemoryTest {
    @ParameterizedTest
    @ValueSource(longs = {0, 1, 63, 64, 4096, (4 << 20) - 1, 4 << 20, (9 << 20) + 13})
    void memoryIsAlignedZeroedAndOfTheSizeAskedFor(long bytes) {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment memory = NativeMemory.allocate(arena, bytes, "a test");
            assertThat(memory.byteSize()).isEqualTo(bytes);
            assertThat(memory.address() % NativeMemory.ALIGNMENT).isZero();
            assertThat(memory.mismatch(MemorySegment.ofArray(new byte[(int) bytes])))
                    .isEqualTo(-1);
            memory.fill((byte) 1);
        }
    }

    @Test
    void memoryIsFreedWithItsArena() {
        MemorySegment memory;
        try (Arena arena = Arena.ofConfined()) {
            memory = NativeMemory.allocate(arena, 64 << 20, "a test");
            memory.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
        }
        assertThat(memory.scope().isAlive()).isFalse();
        long before = virtualKilobytes();
        for (int i = 0; i < 20; i++) {
            try (Arena arena = Arena.ofConfined()) {
                NativeMemory.allocate(arena, 64 << 20, "a test");
            }
        }
        assertThat(virtualKilobytes() - before).isLessThan(10 * (64 << 10));
    }

    @Test
    void pagesOfAMappedFileAreGivenBackAndReadAgain(@TempDir Path directory) throws IOException {
        byte[] content = new byte[32 << 20];
        Arrays.fill(content, (byte) 7);
        Path file = Files.write(directory.resolve("weights"), content);
        try (Arena arena = Arena.ofConfined();
                FileChannel channel = FileChannel.open(file)) {
            MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, content.length, arena);
            assertThat(mapped.mismatch(MemorySegment.ofArray(content))).isEqualTo(-1);
            long read = residentFileKilobytes();
            NativeMemory.giveBack(mapped.asSlice(5, content.length - 9));
            assertThat(read - residentFileKilobytes()).isGreaterThan(30 << 10);
            assertThat(mapped.mismatch(MemorySegment.ofArray(content))).isEqualTo(-1);
        }
    }

    @Test
    void memoryThatIsNoFileIsNotGivenBack() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory =
                    NativeMemory.allocate(arena, 8 << 20, "a test").fill((byte) 3);
            NativeMemory.giveBack(memory);
            NativeMemory.giveBack(memory.asReadOnly());
            assertThat(memory.get(ValueLayout.JAVA_BYTE, 4 << 20)).isEqualTo((byte) 3);
        }
    }

    private static long residentFileKilobytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("RssFile:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .sum();
    }

    @Test
    void whatCannotBeHadIsAnErrorThatSaysHowMuchAndWhatFor() {
        try (Arena arena = Arena.ofConfined()) {
            assertThatThrownBy(() -> NativeMemory.allocate(arena, 1L << 40, "the activations of model.onnx"))
                    .isInstanceOf(NativeMemoryException.class)
                    .hasMessageMatching(
                            "cannot have 1\\.0 TB for the activations of model\\.onnx: \\d+(\\.\\d)? \\w+ are"
                                    + " available");
            assertThatThrownBy(() -> NativeMemory.allocate(arena, Long.MAX_VALUE, "overflowing sizes"))
                    .isInstanceOf(NativeMemoryException.class)
                    .hasMessageContaining("8.0 EB for overflowing sizes");
            assertThatThrownBy(() -> NativeMemory.allocate(arena, -1, "a negative size"))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aControlGroupsLimitCountsAndItsFileCacheDoesNot(@TempDir Path directory) throws IOException {
        write(directory, "meminfo", "MemTotal: 100 kB\nMemAvailable: 9000 kB\nSwapFree: 1000 kB\n");
        assertThat(available(directory)).isEqualTo(10_000 << 10);

        write(directory, "membership", "0::/box\n");
        write(directory, "mount/box/memory.max", "max\n");
        write(directory, "mount/box/memory.current", "100\n");
        assertThat(available(directory)).isEqualTo(10_000 << 10);

        write(directory, "mount/box/memory.max", "5000000\n");
        write(directory, "mount/box/memory.current", "3000000\n");
        write(directory, "mount/box/memory.stat", "anon 1\nactive_file 200000\ninactive_file 300000\n");
        assertThat(available(directory)).isEqualTo(2_500_000);

        write(directory, "membership", "4:memory:/box\n");
        write(directory, "mount/memory/box/memory.limit_in_bytes", "4000000\n");
        write(directory, "mount/memory/box/memory.usage_in_bytes", "3000000\n");
        write(directory, "mount/memory/box/memory.stat", "inactive_file 1\ntotal_inactive_file 500000\n");
        assertThat(available(directory)).isEqualTo(1_500_000);
    }

    private static long available(Path directory) {
        return AvailableMemory.bytes(
                directory.resolve("meminfo"), directory.resolve("membership"), directory.resolve("mount"));
    }

    private static void write(Path directory, String file, String text) throws IOException {
        Path path = directory.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private static long virtualKilobytes() {
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("VmSize:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                    .sum();
        } catch (IOException e) {
            return 0;
        }
    }
}
