# Tranh của phần hướng dẫn, bằng lời.
picture-search = Trang kết quả cho “may say com dua”: bộ lọc ở bên trái, mỗi kết quả có tên, mức sẵn sàng, tổ chức và đoạn trích có từ khớp được tô.
picture-listing = Trang của một công nghệ: tên, tóm tắt và vấn đề ở bên trái; nút Bày tỏ quan tâm, mức sẵn sàng và lĩnh vực ở bên phải.
picture-need-targets = Phần “Kết quả cần đạt” của một nhu cầu: mỗi chỉ tiêu có giá trị hiện nay, giá trị cần đạt, đơn vị và mức bắt buộc.
picture-matches = Danh sách công nghệ có thể đáp ứng một nhu cầu, mỗi công nghệ có mức phù hợp và các lý do.
picture-interest = Mẫu bày tỏ quan tâm: gửi thay cho tổ chức nào, nội dung, mục đích sử dụng.
picture-posting = Một phần của mẫu đăng công nghệ: danh sách các phần và thanh “Đầy đủ” ở bên trái, bảng ưu điểm bằng số liệu ở bên phải.
picture-interest-received = Một mối quan tâm nhận được: nội dung, ai quan tâm, hạn trả lời và các nút nhận lời, hỏi thêm, từ chối.
picture-need-desk = Trang ghi nhận nhu cầu: trước hết là nhu cầu của ai, tìm đơn vị theo tên hoặc thêm đơn vị mới, rồi đến việc tiếp nhận thế nào.
picture-deal = Trang một thương vụ: các bước ở trên, việc tiếp theo và đến lượt ai, các đề nghị đặt cạnh nhau.
picture-board = Bảng thương vụ: mỗi cột là một bước, mỗi thẻ là một thương vụ với các bên và hạn xử lý.
picture-queue = Hàng chờ xét duyệt: tin chờ lâu nhất ở trên, số ngày chờ và ai đang xử lý.
picture-review = Xét duyệt một bản sửa: bản đang công khai và bản gửi duyệt đặt cạnh nhau, chữ thay đổi được đánh dấu, phần kiểm tra và chấm điểm ở bên phải.
