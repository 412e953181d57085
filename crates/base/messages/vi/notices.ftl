# Thông báo, tìm kiếm đã lưu và thư gửi về chúng.
notices-title = Thông báo
notices-unread = { $count } thông báo chưa đọc
notices-none = Chưa có thông báo nào. Khi có người quan tâm tin của bạn, khi thương vụ có bước mới hoặc khi tìm kiếm đã lưu có kết quả mới, bạn sẽ thấy ở đây.
notices-new = Mới
notices-read-all = Đánh dấu đã đọc hết
notice-untitled = một tin đăng không còn hiển thị
notice-untitled-story = một câu chuyện không còn hiển thị
notice-interest-received = Có bên quan tâm đến “{ $title }”
notice-interest-answered = Có phản hồi về mối quan tâm của bạn đối với “{ $title }”
notice-interest-due = Mối quan tâm đến “{ $title }” đang chờ trả lời
notice-deal-moved = Thương vụ về “{ $title }” có bước mới
notice-deal-left = Tổ chức của bạn không còn tham gia thương vụ { $code }
notice-deal-message = Có nội dung mới (tin nhắn, đề nghị, tài liệu, ghi nhận, chấp thuận bảo mật) trong thương vụ về “{ $title }”
notice-deal-free = Thương vụ { $code } chưa có môi giới và đã quá hạn của giai đoạn hiện tại
notice-deal-register = Đã đến hạn đăng ký hợp đồng theo luật trong thương vụ về “{ $title }”
notice-task-due = Có việc đến hạn trong thương vụ về “{ $title }”
notice-disclosure-granted = Bạn được mở thông tin bảo mật của “{ $title }”; hãy đọc và chấp nhận thỏa thuận bảo mật trước
notice-document-to-sign = Bạn được mở một tài liệu mật của thương vụ về “{ $title }”; hãy đọc và chấp nhận thỏa thuận bảo mật trước
notice-document-granted = Bạn được mở một tài liệu mật của thương vụ về “{ $title }”
notice-disclosure-used = Có người vừa chấp nhận thỏa thuận hoặc mở xem thông tin bảo mật của “{ $title }”
notice-glass-broken = Quản trị hệ thống vừa mở thông tin bảo mật của “{ $title }” trong trường hợp khẩn cấp; lý do ghi trong sổ
notice-match-found = Có đối tác phù hợp mới cho “{ $title }”
notice-expert-found = Có chuyên gia có thể giúp giải quyết “{ $title }”
notice-need-for-expert = Có nhu cầu phù hợp với chuyên môn của bạn: “{ $title }”
notice-search-news = { $count } kết quả mới cho tìm kiếm “{ $title }”
notice-consent-asked = Bạn được đề nghị đồng ý hoặc xác nhận về “{ $title }”
notice-deals-handed-over = Bạn được bàn giao các thương vụ; hãy khai về xung đột lợi ích trong từng thương vụ
notice-party-merged = Sáp nhập tổ chức: { $title }
notice-merged-names = “{ $from }” đã sáp nhập vào “{ $to }”
notice-story-published = Câu chuyện thành công “{ $title }” đã được đăng
notice-story-withdrawn = Một bên đã rút lại sự đồng ý với câu chuyện thành công “{ $title }”; câu chuyện không công khai
notice-kind-interest-received = Có bên quan tâm đến tin của tôi
notice-kind-interest-answered = Mối quan tâm của tôi được trả lời
notice-kind-interest-due = Mối quan tâm sắp hoặc đã quá hạn trả lời
notice-kind-deal-moved = Thương vụ có bước mới
notice-kind-deal-message = Tin nhắn, đề nghị và tài liệu trong thương vụ
notice-kind-task-due = Việc đến hạn
notice-kind-disclosure-granted = Tôi được mở thông tin bảo mật
notice-kind-disclosure-used = Có người chấp nhận thỏa thuận hoặc mở xem thông tin bảo mật của tôi
notice-kind-glass-broken = Thông tin bảo mật của tôi bị mở khẩn cấp
notice-kind-match-found = Có đối tác phù hợp mới
notice-kind-search-news = Tìm kiếm đã lưu có kết quả mới
notice-kind-consent-asked = Đề nghị đồng ý, xác nhận
notice-kind-party-merged = Tổ chức của tôi được sáp nhập
notice-kind-story-published = Câu chuyện thành công của tổ chức tôi được đăng
notice-kind-story-withdrawn = Có bên rút lại sự đồng ý với câu chuyện thành công
notice-way-at-once = Gửi thư ngay
notice-way-daily = Gộp trong một thư mỗi sáng
notice-way-off = Không gửi thư
notice-choices-title = Cách nhận thông báo
notice-choices-door = Chọn nhận thư ngay, mỗi sáng một thư, hoặc chỉ xem trên trang.
notice-choices-about = Mọi thông báo luôn có trên trang này. Ở đây bạn chọn thông báo nào còn được gửi qua thư điện tử. Thư của từng tìm kiếm đã lưu thì chọn tại:
saved-title = Tìm kiếm đã lưu
saved-about = Tìm kiếm đã lưu tiếp tục tìm giúp bạn. Khi có tin mới được đăng, hoặc một tin vừa sửa nay mới khớp, bạn nhận thông báo, và cả thư nếu muốn.
saved-none = Bạn chưa lưu tìm kiếm nào. Hãy tìm, rồi bấm “Báo tôi khi có mới” trên trang kết quả.
saved-begin = Tìm kiếm
saved-when = Cách báo
saved-when-at-once = Gửi thư ngay khi có (trong vài phút)
saved-when-daily = Gửi thư mỗi sáng, nếu có
saved-when-weekly = Gửi thư sáng thứ Hai, nếu có
saved-when-in-space = Chỉ báo trên trang, không gửi thư
saved-when-off = Tạm dừng
saved-remove = Xóa
saved-news = Kết quả đã báo
saved-feed = Nguồn tin Atom
saved-feed-about = Nguồn tin Atom dùng cho trình đọc tin. Ai có địa chỉ này đều đọc được những gì bạn được xem, vì vậy đừng chia sẻ; khi bạn xóa tìm kiếm, địa chỉ cũng hết hiệu lực.
saved-everything = Mọi tin
saved-did-kept = Đã lưu tìm kiếm.
saved-did-edited = Đã lưu thay đổi.
saved-did-removed = Đã xóa tìm kiếm.
saved-new-title = Báo tôi khi có kết quả mới
saved-new-about = Từ nay, tin nào mới đăng mà khớp với tìm kiếm này sẽ được báo cho bạn, mỗi tin một lần. Hiện chưa có kết quả nào cũng lưu được.
saved-looks-for = Tìm:
saved-name = Tên gọi
saved-keep = Lưu tìm kiếm
saved-back = Về kết quả tìm kiếm
saved-all = Xem tất cả kết quả hiện có
saved-brought = { $count } kết quả đã báo
saved-no-news = Chưa có kết quả mới nào kể từ khi lưu.
saved-over = Tin này không còn hiển thị
saved-offer = Báo tôi khi có mới
saved-need = Đối tác cho nhu cầu “{ $title }”
saved-need-gone = Đối tác cho một nhu cầu không còn hiển thị
saved-need-back = Về danh sách đối tác phù hợp
empty-keep = Lưu tìm kiếm này để được báo khi có tin mới
stop-title = Ngừng nhận thư
stop-search = Thư về tìm kiếm đã lưu “{ $name }”
stop-kind = Thư về: { $name }
stop-all = Tất cả thư thông báo
stop-button = Ngừng gửi các thư này
stop-done = Đã ngừng gửi.
stop-after-search = Tìm kiếm này vẫn tìm tiếp, tin mới được báo trên trang. Muốn nhận thư lại hoặc tạm dừng, hãy vào:
stop-after = Thông báo vẫn có trên trang. Muốn nhận thư lại, hãy vào:
fault-bad-search = Nội dung tìm kiếm không đọc được ở chỗ “{ $name }”.
fault-too-many-saved = Mỗi người lưu được tối đa { $max } tìm kiếm; hãy xóa bớt rồi lưu lại.
fault-notice-kind-elsewhere = Cách nhận “{ $code }” được chọn ở từng tìm kiếm đã lưu.
mail-notice =
    { $text }

    { $link }

    Chọn thông báo nào được gửi qua thư:
    { $choose }
mail-digest-subject = { $count } thông báo mới
mail-digest =
    Từ hôm qua đến nay có các thông báo sau:

    { $lines }

    Xem tất cả:
    { $link }

    Chọn thông báo nào được gửi qua thư:
    { $choose }
mail-alert-subject = { $count } kết quả mới: { $name }
mail-alert =
    Tìm kiếm đã lưu “{ $name }” có { $count } kết quả mới:

    { $lines }

    Xem tất cả:
    { $link }

    Ngừng nhận thư về tìm kiếm này:
    { $stop }
