package dev.woodpecker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.ir.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NpyFileTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"TF32", "BF16"})
    void whatIsWrittenIsReadBack(DType type) {
        NdArray array = NdArray.allocate(type, 2, 3, 1);
        for (int i = 0; i < 6; i++) {
            array.set(i, (long) i % 2);
        }
        Path file = folder.resolve("a.npy");
        NpyFile.write(file, array);
        assertThat(NpyFile.read(file)).isEqualTo(array);
        assertThat(dataStart(file) % 64).isZero();
    }

    @Test
    void scalarsAndEmptyArraysAreArraysToo() {
        Path file = folder.resolve("a.npy");
        for (NdArray array : new NdArray[] {NdArray.scalar(3.5f), NdArray.allocate(DType.I32, 0, 4)}) {
            NpyFile.write(file, array);
            assertThat(NpyFile.read(file)).isEqualTo(array);
        }
    }

    @Test
    void aFileOfNumpyInFortranOrderIsTransposed() throws IOException {
        ByteBuffer data = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : new float[] {1, 4, 2, 5, 3, 6}) {
            data.putFloat(value);
        }
        Path file = numpy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", data.array());
        assertThat(NpyFile.read(file)).isEqualTo(NdArray.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3));
    }

    @Test
    void aBigEndianFileIsSwapped() throws IOException {
        byte[] data =
                ByteBuffer.allocate(4).putShort((short) 1).putShort((short) -2).array();
        Path file = numpy("{'descr': '>i2', 'fortran_order': False, 'shape': (2,), }", data);
        assertThat(NpyFile.read(file)).isEqualTo(NdArray.of(new short[] {1, -2}, 2));
    }

    @Test
    void whatIsNoArrayIsAnErrorThatNamesThePlace() throws IOException {
        Path text = Files.writeString(folder.resolve("text.npy"), "not an array at all");
        assertThatThrownBy(() -> NpyFile.read(text))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("text.npy: byte 0: not a .npy file");
        Path text8 = numpy("{'descr': '<U8', 'fortran_order': False, 'shape': (2,), }", new byte[64]);
        assertThatThrownBy(() -> NpyFile.read(text8)).hasMessageContaining("element type 'U8' is not one of b1, f2");
        Path wide = numpy("{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999,), }", new byte[4]);
        assertThatThrownBy(() -> NpyFile.read(wide)).hasMessageContaining("an extent over 2^31 - 1");
    }

    @Test
    void aTruncatedFileIsAnErrorAtEveryLength() throws IOException {
        Path file = folder.resolve("a.npy");
        NpyFile.write(file, NdArray.of(new float[] {1, 2, 3}, 3));
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> NpyFile.read(file)).isInstanceOf(ModelFormatException.class);
        }
    }

    @Test
    void bfloat16IsRefusedByName() {
        assertThatThrownBy(() -> NpyFile.write(folder.resolve("a.npy"), NdArray.allocate(DType.BF16, 1)))
                .hasMessageContaining(".npy has no bf16");
    }

    private Path numpy(String header, byte[] data) throws IOException {
        byte[] text = (header + "\n").getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer bytes = ByteBuffer.allocate(10 + text.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put((byte) 0x93)
                .put("NUMPY".getBytes(StandardCharsets.ISO_8859_1))
                .put((byte) 1)
                .put((byte) 0);
        bytes.putShort((short) text.length).put(text).put(data);
        return Files.write(folder.resolve("numpy.npy"), bytes.array());
    }

    private static int dataStart(Path file) {
        try {
            return 10
                    + (ByteBuffer.wrap(Files.readAllBytes(file))
                                    .order(ByteOrder.LITTLE_ENDIAN)
                                    .getShort(8)
                            & 0xFFFF);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
